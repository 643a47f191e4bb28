// Pages that fight for the screen, draw it in their own way, or have windows beside it.
import { expect } from 'vitest';
import type { Tab } from '../drivers/driver.js';
import { bundle } from '../react-bundle.js';
import { ABOVE, SECRET, hasTheLastWord, open, policy, settled } from '../stage/intruder.js';
import { pause, state, waitFor, waitForCover, waitForWarning, waitUntilOut } from '../stage/page.js';
import { scenario } from '../stage/scenario.js';
import { pixels } from '../stage/sight.js';
import type { Stage } from '../stage/stage.js';

/** Pages that do the same again whenever we do, without end. */
const fights: Record<string, () => unknown> = {
  'takes the cover out whenever it comes': () => {
    const takeOut = () => document.querySelector('nightlatch-warning')?.remove();
    new MutationObserver(takeOut).observe(document, { childList: true, subtree: true });
    takeOut();
  },
  'opens a modal dialog whenever something else has the focus': () => {
    const dialog = window.app.fill('dialog');
    const open = () => {
      dialog.close();
      dialog.showModal();
    };
    addEventListener('focusin', ({ target }) => dialog.contains(target as Node) || queueMicrotask(open), true);
    open();
  },
};

for (const [what, fight] of Object.entries(fights)) {
  scenario(`A page that ${what} shows nothing when it is covered, and goes on running`, { policy }, async (stage) => {
    const tab = await open(stage);
    await tab.evaluate(fight);
    await waitFor(tab, () => window.nightlatch!.state.cover === 'locked');
    await settled();
    expect([await pixels(tab, SECRET), await pixels(tab, ABOVE)]).toEqual([0, 0]);
    // However slow the machine is: a page that is kept busy for ever never comes to its tenth turn.
    const turns = await tab.evaluate(
      () =>
        new Promise((resolve) => {
          let turns = 0;
          const timer = setInterval(() => (turns += 1) === 10 && (clearInterval(timer), resolve(turns)), 20);
        }),
    );
    expect(turns).toBe(10);
  });
}

scenario('A view transition shows no picture of a page that is covered', { policy }, async (stage) => {
  const tab = await open(stage);
  await tab.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('::view-transition-group(*), ::view-transition-old(*), ::view-transition-new(*) { animation-duration: 60s }');
    document.adoptedStyleSheets.push(sheet);
    document.startViewTransition(() => {});
  });
  await waitFor(tab, () => window.nightlatch!.state.cover === 'locked');
  await settled();
  await hasTheLastWord(tab);
  await tab.evaluate(() => void document.startViewTransition(() => {}));
  await settled();
  await hasTheLastWord(tab);
  // One that waits for an answer keeps the picture until it has it.
  await tab.evaluate(() => void document.startViewTransition(() => new Promise(() => {})));
  await settled();
  await hasTheLastWord(tab);
});

scenario('A session that ends is shown, and left, by a page that replaces its body all the time', { policy: { idle: 6000, warnBefore: 3000 } }, async (stage) => {
  const tab = await open(stage);
  await tab.evaluate(() => void setInterval(() => (document.body.outerHTML = `<body>${window.app.body}</body>`), 50));
  await waitForWarning(tab);
  await hasTheLastWord(tab);
  await waitUntilOut(tab);
});

scenario('React takes the whole document over, and the warning comes', { policy }, async (stage) => {
  const script = await bundle(
    19,
    `import { hydrateRoot } from 'react-dom/client';
    const quiet = { onRecoverableError() {} };
    const { body } = window.app;
    window.takeOver = () => hydrateRoot(document, <html lang="en"><head><title>New</title></head><body dangerouslySetInnerHTML={{ __html: body }} /></html>, quiet);`,
  );
  const tab = await open(stage);
  await tab.evaluate((text) => {
    const element = document.createElement('script');
    element.type = 'module';
    element.textContent = text;
    document.head.append(element);
  }, script);
  await waitFor(tab, () => (window as any).takeOver);
  await tab.evaluate(() => void (window as any).takeOver());
  await waitFor(tab, () => document.title === 'New');
  await waitForWarning(tab);
  await settled();
  await hasTheLastWord(tab);
  await waitForCover(tab, 'locked');
  await settled();
  await hasTheLastWord(tab);
});

scenario('Typing in an editor that writes its own frame counts, and its dialog stays below the warning', { policy }, async (stage) => {
  const tab = await open(stage);
  await tab.evaluate(async () => {
    const page = window as any;
    await window.app.load('tinymce/tinymce.min.js');
    document.body.innerHTML = `${window.app.body}<textarea id="text"></textarea>`;
    await page.tinymce.init({ selector: '#text', license_key: 'gpl', promotion: false, skin_url: '/modules/tinymce/skins/ui/oxide', content_css: '/modules/tinymce/skins/content/default/content.css' });
    page.tinymce.activeEditor.focus();
  });
  await waitFor(tab, () => (window as any).tinymce.activeEditor.hasFocus());
  for (let turn = 0; turn < 12; turn += 1) {
    await tab.type('x');
    await pause(500);
  }
  expect(await tab.evaluate(() => (window as any).tinymce.activeEditor.getContent())).toContain('xxx');
  expect((await state(tab)).phase).toBe('active');
  await waitForWarning(tab);
  await tab.evaluate(() => (window as any).tinymce.activeEditor.windowManager.open({ title: 'Link', body: { type: 'panel', items: [{ type: 'input', name: 'url', label: 'URL' }] }, buttons: [] }));
  await settled();
  await hasTheLastWord(tab);
});

scenario('What fills the screen while the warning shows fills it below', { policy }, async (stage) => {
  const tab = await open(stage);
  await tab.evaluate(() => {
    const filling = window.app.fill('div');
    const look = setInterval(() => {
      if (!window.witness.inWarning()) return;
      clearInterval(look);
      void filling.requestFullscreen();
    }, 50);
  });
  // Nobody may fill the screen but soon after a click.
  await tab.click(300, 300);
  await waitFor(tab, () => document.fullscreenElement);
  await settled();
  await hasTheLastWord(tab);
  await waitForCover(tab, 'locked');
  await hasTheLastWord(tab);
});

scenario('A window that the browser keeps on top warns as well', { policy, except: { firefox: 'has no such windows', webkit: 'has no such windows' } }, async (stage) => {
  const tab = await open(stage);
  await tab.evaluate(() => {
    document.body.onclick = async () => {
      const view: Window = await (window as any).documentPictureInPicture.requestWindow({ width: 400, height: 300 });
      view.document.body.textContent = 'Secret';
    };
  });
  await tab.click(300, 300);
  await waitForWarning(tab);
  await waitFor(tab, () =>
    window.nightlatch!.windows[0]?.document.querySelector('nightlatch-warning')?.shadowRoot!.querySelector('dialog[open][part=warning]'),
  );
});

/** Opens an empty window by a real click, as applications do for previews, and writes into it. */
async function openEmpty(stage: Stage, tab: Tab): Promise<Tab> {
  await tab.evaluate(() => {
    const button = document.createElement('button');
    button.style.cssText = 'position:fixed;left:0;top:0;width:80px;height:40px';
    button.onclick = () => {
      const popup = window.open('', '', 'width=500,height=400')!;
      popup.document.body.innerHTML = '<div style="background:rgb(255,0,204);height:300px"><input aria-label="Note"></div>';
    };
    document.body.append(button);
  });
  return stage.profile.newTabBy(() => tab.click(20, 20));
}

scenario('A window without an address warns, is covered with the page, and comes back with it', { policy }, async (stage) => {
  const { application: site, reauthenticate } = stage.server;
  site.signIn = async () => (await reauthenticate(stage.handle)).set_cookie;
  const tab = await open(stage);
  const popup = await openEmpty(stage, tab);
  expect(await pixels(popup, SECRET)).toBeGreaterThan(1000);
  const shows = (part: string) =>
    waitFor(popup, (part) => document.querySelector('nightlatch-warning')?.shadowRoot?.querySelector(`dialog[open][part=${part}]`), { args: [part] });
  await shows('warning');
  await shows('cover');
  await settled();
  expect(await pixels(popup, SECRET)).toBe(0);
  await tab.evaluate(() => fetch('/sign-in', { method: 'POST' }).then(() => {}));
  await waitForCover(tab, null, 8000);
  await expect.poll(() => pixels(popup, SECRET)).toBeGreaterThan(1000);
});

scenario('A window without an address is closed when the session ends', { policy: { idle: 6000, warnBefore: 3000 } }, async (stage) => {
  const tab = await open(stage);
  const popup = await openEmpty(stage, tab);
  await waitUntilOut(tab);
  await expect.poll(() => popup.evaluate(() => 'open').catch(() => 'closed')).toBe('closed');
});

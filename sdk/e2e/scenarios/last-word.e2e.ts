// What applications do to their pages later, and that warning and cover stay what a person sees and reaches.
import { expect } from 'vitest';
import type { Tab } from '../drivers/driver.js';
import { bundle } from '../react-bundle.js';
import { click, errors, pause, state, waitFor, waitForCover, waitForWarning, waitUntilOut } from '../stage/page.js';
import { scenario } from '../stage/scenario.js';
import { hitInDialog, pixels, type Colour } from '../stage/sight.js';
import type { Stage } from '../stage/stage.js';

declare global {
  interface Window {
    app: {
      /** A body with a secret in it. */
      body: string;
      keys: number;
      load(name: string): Promise<void>;
      /** Something that fills the window, with a field in it; not opened yet. */
      fill<K extends 'dialog' | 'div'>(name: K, parent?: Node): HTMLElementTagNameMap[K];
    };
  }
}

const SECRET: Colour = [255, 0, 204];
const ABOVE: Colour = [0, 204, 136];

/** Runs in every page before anything else; has to stand alone. */
function application() {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('main { background: rgb(255, 0, 204); min-height: 60vh }');
  document.adoptedStyleSheets.push(sheet);
  window.app = {
    body: '<main><h1>Secret</h1><p><input aria-label="Name"> <a href="/other">Elsewhere</a></p></main>',
    keys: 0,
    load: (name) =>
      new Promise((resolve, reject) => {
        const script = document.createElement('script');
        Object.assign(script, { src: `/modules/${name}`, onload: resolve, onerror: reject });
        document.head.append(script);
      }),
    fill(name, parent = document.body) {
      const element = document.createElement(name);
      element.innerHTML = '<input aria-label="Inside">';
      element.style.cssText = 'background:rgb(0,204,136);position:fixed;inset:0;width:100%;height:100%;max-width:none;max-height:none;border:0;padding:0';
      element.addEventListener('keydown', () => (window.app.keys += 1));
      parent.appendChild(element);
      return element;
    },
  };
  addEventListener('keydown', (event) => event.eventPhase === Event.BUBBLING_PHASE && (window.app.keys += 1));
}

/** What happens to the page, again and again: before the warning, during it, and while the page is covered. */
const ways: Record<string, () => unknown> = {
  'sets the body anew': () => void (document.body.innerHTML = window.app.body),
  'puts another body in place': () => {
    const body = document.createElement('body');
    body.innerHTML = window.app.body;
    document.body = body;
  },
  'takes the element out': () => document.querySelector('nightlatch-warning')?.remove(),
  'sets the whole root anew': () => void (document.documentElement.innerHTML = `<head><title>New</title></head><body>${window.app.body}</body>`),
  'empties the root': () => document.documentElement.replaceChildren(document.head, document.body),
  'puts another root in place': () => {
    const root = document.createElement('html');
    root.lang = 'en';
    root.innerHTML = `<head><title>New</title></head><body>${window.app.body}</body>`;
    document.documentElement.replaceWith(root);
  },
  'writes the document anew': () => {
    document.open();
    document.write(`<!doctype html><html lang="en"><title>New</title><body>${window.app.body}`);
    document.close();
  },
  'becomes a set of frames': () => {
    const frames = document.createElement('frameset');
    frames.innerHTML = '<frame src="/blank">';
    document.body = frames;
  },
  'hides the element in a part that is not shown': () => {
    const view = document.createElement('div');
    view.hidden = view.inert = true;
    document.body.append(view);
    const warning = document.querySelector('nightlatch-warning');
    warning?.setAttribute('aria-hidden', 'true');
    if (warning) view.append(warning);
  },
  'visits another page with Turbo': async () => {
    const page = window as any;
    if (!page.Turbo) await window.app.load('@hotwired/turbo/dist/turbo.es2017-umd.js');
    await new Promise((done) => {
      addEventListener('turbo:render', done, { once: true });
      page.Turbo.visit(location.pathname === '/other' ? '/' : '/other');
    });
  },
  'visits another page with htmx': async () => {
    const page = window as any;
    if (!page.htmx) await window.app.load('htmx.org/dist/htmx.min.js');
    await page.htmx.ajax('GET', '/other', { target: document.body, swap: 'outerHTML' });
  },
  'opens a modal dialog': () => window.app.fill('dialog').showModal(),
  'opens a modal dialog again and again': () => {
    const dialog = window.app.fill('dialog');
    setInterval(() => {
      dialog.close();
      dialog.showModal();
    }, 40);
  },
  'opens a modal dialog in a shadow tree that nobody may look into': () => {
    const host = document.createElement('section');
    document.body.append(host);
    window.app.fill('dialog', host.attachShadow({ mode: 'closed' })).showModal();
  },
  'opens a modal dialog with methods of another window': () => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    (frame.contentWindow as typeof window & typeof globalThis).HTMLDialogElement.prototype.showModal.call(window.app.fill('dialog'));
  },
  'opens a popover': () => {
    const popover = window.app.fill('div');
    popover.popover = 'manual';
    popover.showPopover();
  },
  'opens a popover by a button': () => {
    const popover = window.app.fill('div');
    popover.popover = 'auto';
    const button = document.createElement('button');
    button.popoverTargetElement = popover;
    document.body.append(button);
    button.click();
  },
  'opens a popover in a shadow tree': () => {
    const host = document.createElement('section');
    document.body.append(host);
    const popover = window.app.fill('div', host.attachShadow({ mode: 'open' }));
    popover.style.visibility = 'visible';
    popover.popover = 'manual';
    popover.showPopover();
  },
  'puts something above everything by its place in the stack': () => void (window.app.fill('div').style.zIndex = '2147483647'),
  'changes under a picture of itself': () => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('::view-transition-group(*), ::view-transition-old(*), ::view-transition-new(*) { animation-duration: 60s }');
    document.adoptedStyleSheets.push(sheet);
    document.startViewTransition(() => {}).ready.catch(() => {});
  },
  'lets nothing be pressed': () => {
    document.documentElement.style.pointerEvents = 'none';
    document.body.inert = true;
  },
  'keeps the focus to itself': () => {
    const input = window.app.fill('div').querySelector('input')!;
    addEventListener('focusin', () => input.focus(), true);
    input.focus();
  },
};

/** Nobody sees anything of the page as it is, and the middle of our dialog is ours. */
async function hasTheLastWord(tab: Tab): Promise<void> {
  await expect.poll(() => hitInDialog(tab), { timeout: 1500 }).toBe('nightlatch-warning');
  expect([await pixels(tab, SECRET), await pixels(tab, ABOVE)]).toEqual([0, 0]);
}

/** Longer than a look of ours, so that what is seen is what stays. */
const settled = () => pause(400);

const policy = { idle: 9000, warnBefore: 4500, onIdle: 'lock' } as const;

async function open(stage: Stage, path = '/'): Promise<Tab> {
  stage.server.application.inject(application);
  const tab = await stage.open(path);
  expect(await pixels(tab, SECRET)).toBeGreaterThan(1000);
  return tab;
}

for (const [what, change] of Object.entries(ways)) {
  scenario(`Whatever comes, warning and cover are the last word: the page ${what}`, { policy }, async (stage) => {
    const tab = await open(stage);
    await tab.evaluate(change);
    await waitForWarning(tab);
    await settled();
    await hasTheLastWord(tab);
    await tab.evaluate(change);
    await settled();
    await hasTheLastWord(tab);
    await waitForCover(tab, 'locked');
    await settled();
    await hasTheLastWord(tab);
    await tab.evaluate(change);
    await settled();
    await hasTheLastWord(tab);
    const before = await tab.evaluate(() => window.app.keys);
    await tab.type('secret');
    expect(await tab.evaluate(() => window.app.keys)).toBe(before);
    // The way out still works, whatever became of the listeners.
    await click(tab, 'sign-out');
    await waitUntilOut(tab);
  });
}

scenario('A page that was written anew warns, and staying works', { policy }, async (stage) => {
  const tab = await open(stage);
  await tab.evaluate(ways['writes the document anew']!);
  await waitForWarning(tab);
  await tab.evaluate(ways['writes the document anew']!);
  await settled();
  await click(tab, 'stay');
  await waitFor(tab, () => window.nightlatch!.state.phase === 'active');
  await expect.poll(() => pixels(tab, SECRET)).toBeGreaterThan(1000);
});

scenario("The application's dialog works again after a lock", { policy }, async (stage) => {
  const { application: site, reauthenticate } = stage.server;
  site.signIn = async () => (await reauthenticate(stage.handle)).set_cookie;
  const tab = await open(stage);
  await waitForCover(tab, 'locked');
  await tab.evaluate(ways['opens a modal dialog']!);
  await settled();
  await hasTheLastWord(tab);
  await tab.evaluate(() => fetch('/sign-in', { method: 'POST' }).then(() => {}));
  await waitForCover(tab, null, 8000);
  await expect.poll(() => pixels(tab, ABOVE)).toBeGreaterThan(1000);
  await tab.type('back');
  expect(await tab.evaluate(() => document.querySelector<HTMLInputElement>('dialog input')!.value)).toBe('back');
  expect(await tab.evaluate(() => [document.querySelectorAll('[tabindex]').length, document.adoptedStyleSheets.length])).toEqual([0, 1]);
  expect(await errors(tab)).toEqual([]);
});

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

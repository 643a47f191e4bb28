// What applications do to their pages later, and that warning and cover stay what a person sees and reaches.
import { expect } from 'vitest';
import { ABOVE, SECRET, hasTheLastWord, open, policy, settled } from '../stage/intruder.js';
import { click, errors, waitFor, waitForCover, waitForWarning, waitUntilOut } from '../stage/page.js';
import { scenario } from '../stage/scenario.js';
import { pixels } from '../stage/sight.js';

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

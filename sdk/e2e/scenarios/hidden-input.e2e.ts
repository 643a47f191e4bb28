// Input that a page hides from others, on purpose or not: the person is there all the same.
import { expect } from 'vitest';
import type { Tab } from '../drivers/driver.js';
import { happened, pause, state, waitFor, waitForWarning } from '../stage/page.js';
import { scenario } from '../stage/scenario.js';
import type { Stage } from '../stage/stage.js';

// Long enough before the warning for a page to open on a busy machine.
const policy = { idle: 11_000, warnBefore: 4000 };

/** Does something twice a second for longer than the idle limit; no warning may come. */
async function keepAt(tab: Tab, act: (turn: number) => Promise<unknown>): Promise<void> {
  for (const end = Date.now() + 9000; Date.now() < end; ) {
    await act(Math.floor((end - Date.now()) / 500));
    await pause(500);
  }
  expect(await happened(tab, 'opened')).toEqual([]);
  expect((await state(tab)).phase).toBe('active');
}

const focusField = (tab: Tab) => tab.evaluate(() => document.querySelector('input')!.focus());

/** Runs before the SDK: the first listener of the window keeps every event for itself. */
function keepAllEvents() {
  const types = Object.getOwnPropertyNames(window).concat(Object.getOwnPropertyNames(HTMLElement.prototype));
  const named = types.filter((name) => name.startsWith('on')).map((name) => name.slice(2));
  for (const type of new Set([...named, 'beforeinput', 'input', 'touchstart', 'touchmove'])) {
    if (/key|input|click|pointer|mouse|wheel|scroll|touch|focus|select|drag/.test(type)) addEventListener(type, (event) => event.stopImmediatePropagation(), true);
  }
}

scenario('Typing counts where a listener of the page keeps every event from all others', { policy }, async (stage) => {
  stage.server.application.inject(keepAllEvents);
  const tab = await stage.open();
  await focusField(tab);
  await keepAt(tab, () => tab.type('x'));
});

scenario('Moving the pointer counts where a listener of the page keeps every event from all others', { policy }, async (stage) => {
  stage.server.application.inject(keepAllEvents);
  const tab = await stage.open();
  await keepAt(tab, (turn) => tab.move(100 + (turn % 10) * 9, 120));
});

scenario('Events that a script makes and keeps from others do not count', { policy }, async (stage) => {
  stage.server.application.inject(keepAllEvents);
  const tab = await stage.open();
  await tab.evaluate(() => {
    let kept: Event | undefined;
    HTMLInputElement.prototype.addEventListener.call(document.querySelector('input')!, 'focus', () => {});
    setInterval(() => {
      document.body.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, key: 'x' }));
      document.body.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, screenX: Math.random() * 99 }));
      kept ??= new Event('keydown');
      kept.stopImmediatePropagation();
    }, 200);
  });
  await waitForWarning(tab);
});

scenario('Typing counts in a document that was written anew while the page ran', { policy }, async (stage) => {
  const tab = await stage.open();
  await tab.evaluate(() => {
    document.open();
    document.write('<!doctype html><html lang="en"><title>New</title><body><p>New</p><input aria-label="New">');
    document.close();
  });
  await focusField(tab);
  await keepAt(tab, () => tab.type('x'));
});

scenario('A drag counts as long as it takes', { policy }, async (stage) => {
  const tab = await stage.open();
  await tab.evaluate(() => {
    document.body.innerHTML = '<p id="card" draggable="true" style="width:200px;height:60px;background:#ddd">Card</p><p style="height:300px">Place</p>';
    addEventListener('dragover', (event) => event.preventDefault());
    addEventListener('dragstart', (event) => {
      event.dataTransfer!.setData('text/plain', 'card');
      (window as any).drags = true;
    });
  });
  await tab.grab(80, 60);
  for (let step = 1; step < 6; step += 1) await tab.move(80 + step * 4, 60 + step * 4);
  await waitFor(tab, () => (window as any).drags);
  await keepAt(tab, (turn) => tab.move(120 + (turn % 10) * 8, 200));
  await tab.drop();
});

/** Opens an empty window, as applications do for previews, and writes into it. */
async function openEmpty({ profile }: Stage, tab: Tab): Promise<Tab> {
  await tab.evaluate(() => {
    document.querySelector<HTMLElement>('#other')!.onclick = () => {
      const popup = ((window as any).popup = window.open('', '', 'width=400,height=300')!);
      popup.document.body.innerHTML = '<p>Secret</p><input aria-label="Note">';
    };
  });
  const [x, y] = await tab.evaluate(() => {
    const { left, top } = document.querySelector('#other')!.getBoundingClientRect();
    return [left + 5, top + 5] as const;
  });
  return profile.newTabBy(() => tab.click(x, y));
}

scenario('Typing in an empty window that the page opened counts', { policy }, async (stage) => {
  const tab = await stage.open();
  const popup = await openEmpty(stage, tab);
  await popup.evaluate(() => document.querySelector('input')!.focus());
  await keepAt(tab, () => popup.type('x'));
});

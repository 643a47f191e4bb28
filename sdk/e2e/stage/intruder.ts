// Pages of applications that change what a person sees and reaches, after warning and cover have come.
import { expect } from 'vitest';
import type { Tab } from '../drivers/driver.js';
import { pause } from './page.js';
import { hitInDialog, pixels, type Colour } from './sight.js';
import type { Stage } from './stage.js';

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

export const SECRET: Colour = [255, 0, 204];
export const ABOVE: Colour = [0, 204, 136];

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

/** Nobody sees anything of the page as it is, and the middle of our dialog is ours. */
export async function hasTheLastWord(tab: Tab): Promise<void> {
  await expect.poll(() => hitInDialog(tab), { timeout: 1500 }).toBe('nightlatch-warning');
  expect([await pixels(tab, SECRET), await pixels(tab, ABOVE)]).toEqual([0, 0]);
}

/** Longer than a look of ours, so that what is seen is what stays. */
export const settled = () => pause(400);

export const policy = { idle: 9000, warnBefore: 4500, onIdle: 'lock' } as const;

export async function open(stage: Stage, path = '/'): Promise<Tab> {
  stage.server.application.inject(application);
  const tab = await stage.open(path);
  expect(await pixels(tab, SECRET)).toBeGreaterThan(1000);
  return tab;
}

// A tab, as Playwright and Puppeteer both drive it: what the scenarios ask for is called alike in the two.
import type { Tab } from './driver.js';

interface Page {
  goto(url: string): Promise<unknown>;
  evaluate(run: string | (() => void)): Promise<unknown>;
  readonly mouse: {
    move(x: number, y: number): Promise<void>;
    click(x: number, y: number): Promise<void>;
    down(): Promise<void>;
    up(): Promise<void>;
  };
  readonly keyboard: {
    press(key: string): Promise<void>;
    type(text: string): Promise<void>;
  };
  bringToFront(): Promise<void>;
  screenshot(): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** `crash` is the one thing that each does in its own way, or not at all. */
export const tabOf = (page: Page, crash: () => Promise<void>): Tab => ({
  goto: async (url) => void (await page.goto(url)),
  back: () => page.evaluate(() => void setTimeout(() => history.back())) as Promise<void>, // tidy: sleeps because going back inside this call would break it off
  evaluate: (run, ...args) => page.evaluate(`(${run})(...${JSON.stringify(args)})`) as Promise<any>,
  move: (x, y) => page.mouse.move(x, y),
  click: (x, y) => page.mouse.click(x, y),
  grab: async (x, y) => {
    await page.mouse.move(x, y);
    await page.mouse.down();
  },
  drop: () => page.mouse.up(),
  press: (key) => page.keyboard.press(key),
  type: (text) => page.keyboard.type(text),
  bringToFront: () => page.bringToFront(),
  picture: () => page.screenshot(),
  crash,
  close: () => page.close(),
});

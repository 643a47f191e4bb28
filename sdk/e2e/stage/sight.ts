// What a person sees of a page and can reach in it: pixels, what is hit, and who hears keys.
import { PNG } from 'pngjs';
import type { Tab } from '../drivers/driver.js';

export type Colour = readonly [red: number, green: number, blue: number];

/** How many pixels have a colour, or nearly so. */
export async function pixels(tab: Tab, colour: Colour): Promise<number> {
  const { data } = PNG.sync.read(Buffer.from(await tab.picture()));
  let count = 0;
  for (let at = 0; at < data.length; at += 4) {
    if (colour.every((part, i) => Math.abs(data[at + i]! - part) < 24)) count += 1;
  }
  return count;
}

/** What is hit at the middle of the dialog: our element, or something else. */
export const hitInDialog = (tab: Tab) =>
  tab.evaluate(() => {
    const dialog = window.witness.inWarning() ?? window.witness.inCover();
    if (!dialog) return 'no dialog';
    const { left, top, width, height } = dialog.getBoundingClientRect();
    return document.elementFromPoint(left + width / 2, top + height / 2)?.localName ?? 'nothing';
  });

// Numbered scenarios that are not played in every browser, and where they are.
import { lacking } from './drivers/abilities.js';
import type { BrowserName } from './drivers/driver.js';

export interface Elsewhere {
  number: number;
  title: string;
  file: string;
  except: Partial<Record<BrowserName, string>>;
}

const noFreezing = {
  firefox: 'no command freezes a tab',
  webkit: 'no command freezes a tab',
};
const notTheBrowser = (what: string) => ({ firefox: what, webkit: what });
const counted = notTheBrowser('heap and listeners are counted over the Chrome DevTools Protocol');
const pictures = notTheBrowser('a picture of every frame is taken over the Chrome DevTools Protocol');
const rendered = notTheBrowser('colours, text size and live regions are set and read over the Chrome DevTools Protocol');

export const elsewhere: Elsewhere[] = [
  { number: 5, title: 'A frozen tab keeps nobody signed in, and shows nothing when it resumes', file: 'lifecycle.e2e.ts', except: noFreezing },
  { number: 6, title: 'Going back to a page that needs a session, which ended elsewhere, no picture of the screen shows it; nor after a freeze', file: 'put-away.e2e.ts', except: pictures },
  { number: 10, title: 'Hiding the only tab extends nothing', file: 'lifecycle.e2e.ts', except: { firefox: 'the line above plays it', webkit: lacking.webkit.hidden! } },
  { number: 20, title: 'Mounting and unmounting 200 times leaves nothing behind', file: 'react.e2e.ts', except: counted },
  { number: 21, title: 'Screen readers hear little, and in correct plurals', file: 'elements.e2e.ts', except: rendered },
  { number: 22, title: 'Small, large, forced colours, less motion', file: 'elements.e2e.ts', except: rendered },
  { number: 26, title: 'Rendered on a server and hydrated', file: 'react.e2e.ts', except: notTheBrowser('React does the same in every browser') },
];

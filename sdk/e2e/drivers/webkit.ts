import type { Browser, Key, Profile, Tab } from './driver.js';
import { miniBrowser, program } from './program.js';
import { accepts, reservePort, startProgram, until, type Program } from '../programs.js';
import { incapable } from './abilities.js';
import { arrival } from './arrival.js';
import { startSession, type Session } from './webdriver.js';

/** WebKitGTK through WebDriver, on a screen of its own. Each profile is a browser of its own. */
export async function startWebkit(): Promise<Browser> {
  const screen = await startScreen();
  const open = new Set<Profile>();
  return {
    name: 'webkit',
    async profile() {
      const port = await reservePort();
      const driver = await startProgram(program('WebKitWebDriver'), [`--port=${port}`, '--host=127.0.0.1'], {
        listens: [port],
        stdio: 'ignore',
        // A group of its own, so that the browser ends with it, whatever state it is in.
        detached: true,
        env: {
          ...process.env,
          DISPLAY: screen.display,
          // Neither a sandbox nor a graphics card is to be had for root on a machine without a desktop.
          WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
          LIBGL_ALWAYS_SOFTWARE: '1',
        },
      });
      const options = { binary: miniBrowser(), args: ['--automation'] };
      const session = await startSession(`http://127.0.0.1:${port}`, { 'webkitgtk:browserOptions': options });
      const profile = await profileOf(session, async () => {
        open.delete(profile);
        await session.end().catch(() => {});
        await driver.stop();
      });
      open.add(profile);
      return profile;
    },
    async close() {
      for (const profile of [...open]) await profile.close();
      await screen.server.stop();
    },
  };
}

async function profileOf(session: Session, close: () => Promise<void>): Promise<Profile> {
  // The first tab stays for what needs some page: cookies can only be had for the page that is shown.
  const first = await session.call<string>('GET', 'window');
  return {
    async newTab() {
      // Always a window: a tab that WebDriver opens stays in the background, and there moving the pointer never returns.
      const { handle } = await session.call<{ handle: string }>('POST', 'window/new', { type: 'window' });
      return tabOf(session, handle);
    },
    async newTabBy(open) {
      const handles = () => session.call<string[]>('GET', 'window/handles');
      const before = await handles();
      await open();
      return tabOf(session, await arrival(async () => (await handles()).find((handle) => !before.includes(handle))));
    },
    async addCookies(cookies) {
      for (const { url, ...cookie } of cookies) {
        await session.at(first, async (call) => {
          await call('POST', 'url', { url: new URL('/blank', url).href });
          await call('POST', 'cookie', { cookie: { ...cookie, path: '/' } });
        });
      }
    },
    clearCookies: () => session.at(first, (call) => call('DELETE', 'cookie')),
    setOffline: () => incapable('webkit', 'offline'),
    close,
  };
}

const keys: Record<Key, string> = { Tab: '\uE004', Escape: '\uE00C', Enter: '\uE007' };
const pressed = (value: string) => [{ type: 'keyDown', value }, { type: 'keyUp', value }];

function tabOf(session: Session, handle: string): Tab {
  const act = (actions: object[]) => session.at(handle, (call) => call('POST', 'actions', { actions: [{ type: 'pointer', id: 'mouse', actions }] }));
  const pointer = (x: number, y: number, then: object[] = []) =>
    act([{ type: 'pointerMove', duration: 0, x: Math.round(x), y: Math.round(y) }, ...then]);
  const keyboard = (actions: object[]) =>
    session.at(handle, (call) => call('POST', 'actions', { actions: [{ type: 'key', id: 'keys', actions }] }));
  return {
    goto: (url) => session.at(handle, (call) => call('POST', 'url', { url })),
    // Not by script: the next one could still reach the page that is being left, and there it would never end.
    back: () => session.at(handle, (call) => call('POST', 'back')),
    async evaluate(run, ...args) {
      const script = `const [args, done] = arguments;
        Promise.resolve().then(() => (${run})(...args)).then((value) => done({ value }), (error) => done({ error: String(error) }));`;
      const { value, error } = await session.at(handle, (call) => call<any>('POST', 'execute/async', { script, args: [args] }));
      if (error) throw new Error(error);
      return value;
    },
    move: (x, y) => pointer(x, y),
    click: (x, y) => pointer(x, y, [{ type: 'pointerDown', button: 0 }, { type: 'pointerUp', button: 0 }]),
    grab: (x, y) => pointer(x, y, [{ type: 'pointerDown', button: 0 }]),
    drop: () => act([{ type: 'pointerUp', button: 0 }]),
    press: (key) => keyboard(pressed(keys[key])),
    type: (text) => keyboard([...text].flatMap(pressed)),
    bringToFront: () => session.at(handle, async () => {}),
    picture: async () => Buffer.from(await session.at(handle, (call) => call<string>('GET', 'screenshot')), 'base64'),
    crash: () => incapable('webkit', 'crash'),
    close: () => session.at(handle, (call) => call('DELETE', 'window')),
  };
}

/** A screen that nobody sees, on the first free display; so large that its own pointer rests beside every window. */
async function startScreen(): Promise<{ server: Program; display: string }> {
  const args = ['-displayfd', '1', '-screen', '0', '3200x2000x24', '-nolisten', 'tcp'];
  const server = await startProgram(program('Xvfb'), args, { listens: [], stdio: ['ignore', 'pipe', 'ignore'] });
  const number = await server.told(/^(\d+)$/m);
  await until('the screen is there', () => accepts({ path: `/tmp/.X11-unix/X${number}` }));
  return { server, display: `:${number}` };
}

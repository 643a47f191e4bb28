import type { Browser, Profile, Tab } from '../drivers/driver.js';
import { startServer, type RealServer } from '../real-server.js';
import type { Launch } from '../server.js';
import { waitFor } from './page.js';

/** A server, and a browser in which somebody is signed in. */
export interface Stage {
  server: RealServer;
  browser: Browser;
  profile: Profile;
  /** Of the session of whoever is signed in. */
  handle: string;
  token: string;
  /** A page that knows how its session stands. */
  open(path?: string, place?: 'tab' | 'window'): Promise<Tab>;
  clear(): Promise<void>;
}

export async function setStage(browser: Browser, launch: Launch & { signedOut?: boolean }): Promise<Stage> {
  const server = await startServer(launch);
  const profile = await browser.profile();
  const session = launch.signedOut ? { handle: '', token: '' } : await server.signIn(profile);
  return {
    server,
    browser,
    profile,
    ...session,
    async open(path, place) {
      const tab = await profile.newTab(place);
      await tab.goto(server.url(path));
      await waitFor(tab, () => (window.nightlatch?.state.phase ?? 'unknown') !== 'unknown');
      return tab;
    },
    async clear() {
      await profile.close();
      await server.close();
    },
  };
}

import type { Browser, Profile, Tab } from '../drivers/driver.js';
import { startServer, type RealServer } from '../real-server.js';
import type { Launch } from '../server.js';
import { witness } from '../witness.js';
import { waitFor } from './page.js';

/** A server, and a browser in which somebody is signed in. */
export interface Stage {
  server: RealServer;
  browser: Browser;
  profile: Profile;
  /** Of the session that began when the first page was opened. */
  handle: string;
  token: string;
  /** A page that knows how its session stands. */
  open(path?: string, place?: 'tab' | 'window'): Promise<Tab>;
  /** The same for several, so that they begin together; the last one is in front. */
  openAll<P extends string[]>(...paths: P): Promise<{ [I in keyof P]: Tab }>;
  clear(): Promise<void>;
}

export async function setStage(browser: Browser, launch: Launch & { signedOut?: boolean }): Promise<Stage> {
  // Private pages are not to be stored.
  const server = await startServer({ ...launch, headers: { 'cache-control': 'no-store', ...launch.headers } });
  server.application.inject(witness);
  const profile = await browser.profile();
  const openIn = async (tabs: Tab[], paths: string[]) => {
    // Tabs take their time to come, and nobody's time should run meanwhile.
    if (!stage.handle && !launch.signedOut) Object.assign(stage, await server.signIn(profile));
    for (const [index, tab] of tabs.entries()) await tab.goto(server.url(paths[index]));
    for (const tab of tabs) await waitFor(tab, () => (window.nightlatch?.state.phase ?? 'unknown') !== 'unknown');
    return tabs;
  };
  const stage: Stage = {
    server,
    browser,
    profile,
    handle: '',
    token: '',
    open: async (path = '/', place) => (await openIn([await profile.newTab(place)], [path]))[0]!,
    async openAll(...paths) {
      const tabs = [];
      for (const _ of paths) tabs.push(await profile.newTab());
      return (await openIn(tabs, paths)) as never;
    },
    async clear() {
      await profile.close();
      await server.close();
    },
  };
  return stage;
}

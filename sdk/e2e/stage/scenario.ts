// One scenario, written once and played in every browser that can be driven to it.
import { afterAll, inject, test } from 'vitest';
import { lacking, type Ability } from '../drivers/abilities.js';
import { startChromium } from '../drivers/chromium.js';
import type { Browser, BrowserName } from '../drivers/driver.js';
import { startFirefox } from '../drivers/firefox.js';
import { startWebkit } from '../drivers/webkit.js';
import type { Launch } from '../server.js';
import { setStage, type Stage } from './stage.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The browser of this run; none where scenarios are only listed. */
    browser: BrowserName | undefined;
  }
}

export interface Demands extends Launch {
  /** What the browser has to be driven to. */
  needs?: Ability[];
  /** Why this scenario cannot be played in one browser. */
  except?: Partial<Record<BrowserName, string>>;
  /** The policy changes while it is played. Several nodes all know of a policy before it acts, which takes seconds: one server plays it. */
  changesPolicy?: true;
  /** Nobody is signed in. */
  signedOut?: boolean;
}

export interface Scenario extends Demands {
  title: string;
}

/** Every scenario of the files that were loaded. */
export const scenarios: Scenario[] = [];

export const starters = { chromium: startChromium, firefox: startFirefox, webkit: startWebkit };

/** Why a scenario is not played in a browser, or nothing. */
export function exception({ needs = [], except = {} }: Demands, browser: BrowserName): string | undefined {
  return except[browser] ?? needs.map((ability) => lacking[browser][ability]).find(Boolean);
}

let running: Promise<Browser> | undefined;
const name = inject('browser');
if (name) afterAll(async () => (await running)?.close());

type Play = (stage: Stage) => Promise<void>;

/** Plays with a server and a profile of its own, and somebody signed in just now. */
export function scenario(title: string, play: Play): void;
export function scenario(title: string, demands: Demands, play: Play): void;
export function scenario(title: string, first: Demands | Play, second?: Play): void {
  const [demands, play] = typeof first === 'function' ? [{}, first] : [first, second!];
  scenarios.push({ title, ...demands });
  if (!name) return;
  const skipped = exception(demands, name) ?? (inject('nodes') && demands.changesPolicy);
  test.skipIf(skipped)(title, async () => {
    const stage = await setStage(await (running ??= starters[name]()), demands);
    try {
      await play(stage);
    } finally {
      await stage.clear();
    }
  });
}

import { webcrypto } from 'node:crypto';
import type { Scope } from '../src/call/call.js';
import type { RescueSession } from '../src/rescue/session.js';
import { unseen } from '../src/machine/machine.js';
import { createLocks } from './fake-locks.js';

type State = RescueSession['state'];

/** Encryption that is underway: other threads do it, and it takes as long as it takes. */
let underway = 0;

/** Decryption waits for this. */
let turn: Promise<void> = Promise.resolve();

/** Lets nothing be decrypted until the returned function is called. */
export function pauseDecryption(): () => void {
  let goOn = () => {};
  turn = new Promise((resolve) => (goOn = resolve));
  return goOn;
}

const subtle = new Proxy(webcrypto.subtle, {
  get: (real, name: 'encrypt' | 'decrypt') => async (...given: Parameters<typeof real.encrypt>) => {
    if (name === 'decrypt') await turn;
    underway += 1;
    try {
      return await real[name](...given);
    } finally {
      underway -= 1;
    }
  },
});
const crypto = { subtle, getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => webcrypto.getRandomValues(bytes) };

const soon = () => new Promise((resolve) => setImmediate(resolve));

/** Until everything has happened that happens without time passing. */
export async function quiet(): Promise<void> {
  for (let calm = 0; calm < 10; calm = underway ? 0 : calm + 1) await soon();
}

/** The pages of one browser, with the documents of jsdom and one storage; who is signed in is up to the test. */
export function createBrowser() {
  const items: Record<string, string> = {};
  const locks = createLocks().client();
  const methods = {
    getItem: (name: string) => items[name] ?? null,
    setItem: (name: string, value: string) => void (items[name] = value),
    removeItem: (name: string) => void delete items[name],
  };
  const localStorage = new Proxy(items, { get: (_, name: keyof typeof methods) => methods[name] }) as unknown as Storage;
  const world = { items, open, keys: 0, reachable: true };

  function session(subject: string | null) {
    const listeners = new Set<() => void>();
    const diagnostics: string[] = [];
    let state: State = { ...unseen, phase: 'active', subject };
    return {
      diagnostics,
      get state() {
        return state;
      },
      become(next: Partial<State>) {
        state = { ...state, ...next };
        for (const listener of listeners) listener();
      },
      async request(method: 'GET', path: string) {
        if (`${method} ${path}` !== 'GET draft-key') throw new Error(path);
        if (!world.reachable) return { type: 'lost' as const, status: 0 };
        world.keys += 1;
        const key = Buffer.alloc(32, state.subject!).toString('base64url');
        return { type: 'ok' as const, body: { key, subject: state.subject } };
      },
      subscribe(listener: () => void) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      diagnose: (code: string, detail: string) => void diagnostics.push(`${code}: ${detail}`),
    };
  }

  function open(html: string, { subject = 'ada' as string | null, pathname = '/claim', storage = localStorage } = {}) {
    const page = document.implementation.createHTMLDocument();
    page.body.innerHTML = html;
    const scope = Object.assign(new EventTarget(), {
      document: page,
      crypto,
      navigator: { locks },
      localStorage: storage,
      location: { pathname },
      MutationObserver,
      setTimeout: (run: () => void, after: number) => setTimeout(run, after),
      clearTimeout: (timer: number) => clearTimeout(timer),
    }) as unknown as Scope;
    const field = (name: string) => page.querySelector<HTMLInputElement>(`[name="${name}"]`)!;
    return {
      page,
      scope,
      nightlatch: session(subject),
      field,
      form: page.querySelector('form')!,
      type(name: string, text: string) {
        field(name).value = text;
        field(name).dispatchEvent(new Event('input', { bubbles: true }));
      },
      leave: () => void scope.dispatchEvent(new Event('pagehide')),
    };
  }
  return world;
}

export type FakePage = ReturnType<ReturnType<typeof createBrowser>['open']>;

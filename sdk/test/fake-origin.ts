import { setMaxListeners } from 'node:events';
import type { Scope } from '../src/call/call.js';
import { createLocks } from './fake-locks.js';

export interface Request {
  tab: number;
  method: string;
  path: string;
  body: any;
}

type Timers = Map<number, { run(): void; every?: number; at: number }>;

export const settled = async () => {
  for (let i = 0; i < 4; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** The windows of one origin, one clock for all, and a server that is a function. Nothing happens by itself. */
export function createOrigin(respond: (request: Request, now: number) => { status: number; body?: object } | undefined) {
  const locks = createLocks();
  const channels: { name: string; tab: number; onmessage?: (event: object) => void }[] = [];
  const stored = new Map<string, string>();
  const requests: Request[] = [];
  const windows: { timers: Timers }[] = [];
  let now = 0;

  function open(pathname = '/') {
    const tab = windows.length;
    const timers: Timers = new Map();
    let count = 0;
    const listeners = new Map<EventTarget, number>();
    const counting = <T extends EventTarget>(target: T): T => {
      const add = target.addEventListener.bind(target);
      target.addEventListener = (type: string, listener: any, options: any) => {
        listeners.set(target, (listeners.get(target) ?? 0) + 1);
        setMaxListeners(0, options.signal);
        options.signal.addEventListener('abort', () => listeners.set(target, listeners.get(target)! - 1));
        add(type, listener, options);
      };
      return target;
    };
    const page = counting(Object.assign(new EventTarget(), { hidden: false }));
    const left: string[] = [];
    const scope = counting(
      Object.assign(new EventTarget(), {
        document: page,
        navigator: { locks },
        console,
        crypto,
        performance: { now: () => now },
        Date: { now: () => 1_700_000_000_000 + now },
        location: { pathname, href: `https://app.example${pathname}`, replace: (to: string) => left.push(to), reload: () => left.push('reload') },
        localStorage: { getItem: (k: string) => stored.get(k) ?? null, setItem: (k: string, v: string) => stored.set(k, v) },
        setInterval: (run: () => void, every: number) => (timers.set(++count, { run, every, at: now + every }), count),
        setTimeout: (run: () => void, after: number) => (timers.set(++count, { run, at: now + after }), count),
        clearInterval: (id: number) => timers.delete(id),
        Worker: class {
          postMessage() {}
          terminate() {}
        },
        BroadcastChannel: class {
          tab = tab;
          constructor(public name: string) {
            channels.push(this);
          }
          postMessage(data: unknown) {
            for (const other of channels as any[]) {
              if (other !== this && other.name === this.name) other.onmessage?.({ data: structuredClone(data) });
            }
          }
          close() {
            channels.splice(channels.indexOf(this), 1);
          }
        },
        async fetch(url: string, { method, body }: { method: string; body?: string }) {
          const request = { tab, method, path: url.replace('https://app.example/nightlatch/', ''), body: body && JSON.parse(body) };
          requests.push(request);
          const answer = respond(request, now);
          if (!answer) throw new TypeError('Failed to fetch');
          return { status: answer.status, ok: answer.status < 300, json: async () => answer.body };
        },
      }),
    );
    const window = {
      scope: scope as unknown as Scope,
      page,
      timers,
      left,
      listeners: () => [...listeners.values()].reduce((sum, n) => sum + n, 0),
      /** Real input, as far as a script can make it. */
      press: () => scope.dispatchEvent(Object.defineProperty(new Event('keydown'), 'isTrusted', { value: true })),
    };
    windows.push(window);
    return window;
  }

  return {
    open,
    requests,
    channels,
    made: (route: string) => requests.filter((r) => `${r.method} ${r.path.split('/')[0]}` === route),
    now: () => now,
    async pass(ms: number) {
      for (const end = now + ms; now < end; ) {
        now += 50;
        for (const { timers } of windows) {
          for (const [id, timer] of [...timers]) {
            if (timer.at > now) continue;
            if (timer.every) timer.at += timer.every;
            else timers.delete(id);
            timer.run();
          }
        }
        await settled();
      }
    },
  };
}

import { setMaxListeners } from 'node:events';
import type { Scope } from '../src/call/call.js';
import { startPulse, type ToWorker, type WorkerScope } from '../src/pulse/pulse.js';
import { createLocks } from './fake-locks.js';

export interface Request {
  tab: number;
  method: string;
  path: string;
  body: any;
}

interface Answer {
  status: number;
  body?: object;
  /** By a cache, which does not know the question. */
  kept?: boolean;
}

type Timers = Map<number, { run(): void; every?: number; at: number }>;

/** Until nothing happens any more; what is imported on demand takes a while for the first time. */
export const settled = async () => {
  await Promise.all([import('../src/farewell/farewell.js'), import('../src/frames/frames.js')]);
  for (let i = 0; i < 6; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** The windows of one origin with their workers, one clock for all, and a server that is a function. Nothing happens by itself. */
export function createOrigin(respond: (request: Request, now: number) => Answer | undefined) {
  const locks = createLocks();
  const channels: { name: string; onmessage?: (event: object) => void }[] = [];
  const streams: { url: string; open: boolean; emit(type: string, data: object): void; refuse(): void }[] = [];
  const stored = new Map<string, string>();
  const requests: Request[] = [];
  const windows: { timers: Timers; frozen: boolean }[] = [];
  let now = 1;

  class FakeChannel {
    onmessage?: (event: object) => void;
    constructor(public name: string) {
      channels.push(this);
    }
    postMessage(data: unknown) {
      for (const other of [...channels]) {
        if (other !== this && other.name === this.name) other.onmessage?.({ data: structuredClone(data) });
      }
    }
    close() {
      channels.splice(channels.indexOf(this), 1);
    }
  }

  class FakeStream extends EventTarget {
    readyState = 1;
    onerror?: () => void;
    #handle: (typeof streams)[number];
    constructor(url: string) {
      super();
      this.#handle = {
        url,
        open: true,
        emit: (type, data) => this.dispatchEvent(Object.assign(new Event(type), { data: JSON.stringify(data) })),
        refuse: () => {
          this.readyState = 2;
          this.#handle.open = false;
          this.onerror?.();
        },
      };
      streams.push(this.#handle);
    }
    close() {
      this.readyState = 2;
      this.#handle.open = false;
    }
  }

  function timersIn(timers: Timers) {
    let count = 0;
    const set = (run: (...args: unknown[]) => void, after: number, args: unknown[], every?: number) => {
      timers.set(++count, { run: () => run(...args), at: now + after, ...(every && { every }) });
      return count;
    };
    return {
      setInterval: (run: () => void, every: number, ...args: unknown[]) => set(run, every, args, every),
      setTimeout: (run: () => void, after: number, ...args: unknown[]) => set(run, after, args),
      clearInterval: (id: number) => timers.delete(id),
    };
  }

  function open(pathname = '/') {
    const tab = windows.length;
    const timers: Timers = new Map();
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

    class FakeWorker {
      onmessage?: (event: object) => void;
      #timers: Timers = new Map();
      #streams = streams.length;
      #locks = locks.client();
      #channels: FakeChannel[] = [];
      #scope: WorkerScope;
      constructor() {
        const { setInterval, ...others } = timersIn(this.#timers);
        const worker = this;
        this.#scope = {
          ...others,
          setInterval,
          performance: { now: () => now },
          navigator: { locks: this.#locks },
          BroadcastChannel: class extends FakeChannel {
            constructor(name: string) {
              super(name);
              worker.#channels.push(this);
            }
          },
          EventSource: FakeStream,
          postMessage: (data: unknown) => this.onmessage?.({ data: structuredClone(data) }),
        } as unknown as WorkerScope;
        startPulse(this.#scope);
        window.workers.push(this.#timers);
      }
      postMessage(data: ToWorker) {
        this.#scope.onmessage!({ data });
      }
      terminate() {
        window.workers.splice(window.workers.indexOf(this.#timers), 1);
        this.#locks.close();
        for (const channel of this.#channels) channel.close();
        for (const stream of streams.slice(this.#streams)) stream.open = false;
      }
    }

    const page = counting(Object.assign(new EventTarget(), { hidden: false, documentElement: {} }));
    const left: string[] = [];
    const noted = new Map<string, string>();
    const own = timersIn(timers);
    const scope = counting(
      Object.assign(new EventTarget(), {
        document: page,
        length: 0,
        Event: class extends Event {},
        open: () => null as Window | null,
        console,
        performance: { now: () => now },
        Date: { now: () => 1_700_000_000_000 + now },
        location: {
          pathname,
          href: `https://app.example${pathname}`,
          hash: '',
          toString: () => `https://app.example${pathname}`,
          // What pages are told of the page before is not the business of who asks where they went.
          replace: (to: string) => left.push(to.replace(/&return_to=.*/, '')),
          reload: () => left.push('reload'),
        },
        localStorage: { getItem: (k: string) => stored.get(k) ?? null, setItem: (k: string, v: string) => stored.set(k, v) },
        ...own,
        requestAnimationFrame: (run: () => void) => page.hidden || own.setTimeout(run, 16),
        Worker: FakeWorker,
        BroadcastChannel: FakeChannel,
        sessionStorage: { getItem: (k: string) => noted.get(k) ?? null, setItem: (k: string, v: string) => noted.set(k, v) },
        async fetch(url: string, { method, body, headers }: { method: string; body?: string; headers: Record<string, string> }) {
          const request = { tab, method, path: url.replace('https://app.example/nightlatch/', ''), body: body && JSON.parse(body) };
          requests.push(request);
          const answer = respond(request, now);
          if (!answer) throw new TypeError('Failed to fetch');
          const { status, body: said, kept } = answer;
          return { status, ok: status < 300, headers: new Headers(kept ? {} : headers), json: async () => said };
        },
      }),
    );
    const window = {
      scope: scope as unknown as Scope,
      page,
      timers,
      workers: [] as Timers[],
      left,
      /** Nothing in it runs. */
      frozen: false,
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
    /** Event streams, oldest first. */
    streams,
    made: (route: string) => requests.filter((r) => `${r.method} ${r.path.split('/')[0]}` === route),
    now: () => now,
    async pass(ms: number) {
      for (const end = now + ms; now < end; ) {
        now += 50;
        for (const { timers, workers, frozen } of windows as (typeof windows[number] & { workers: Timers[] })[]) {
          if (frozen) continue;
          for (const some of [timers, ...workers]) {
            for (const [id, timer] of [...some]) {
              if (timer.at > now) continue;
              if (timer.every) timer.at = Math.max(timer.at, now - timer.every) + timer.every;
              else some.delete(id);
              timer.run();
            }
          }
        }
        await settled();
      }
    },
  };
}

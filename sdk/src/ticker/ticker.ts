import type { Scope } from '../call/call.js';
import type { FromWorker } from '../pulse/pulse.js';

const VISIBLE = 250;
const HIDDEN = 1000;

export interface Ticker {
  pace(hidden: boolean): void;
  stop(): void;
}

/** Where there are Trusted Types. */
interface Trusting {
  trustedTypes?: { createPolicy(name: string, rules: object): { createScriptURL(url: string): string } };
}

/** Addresses of workers. Under Trusted Types each has to be blessed, by a policy that is made once and for this file alone. */
const blessed: Record<string, string> = {};

/**
 * Ticks four times a second while the page is visible, once a second while it is hidden: timers of hidden pages are
 * throttled to one a minute, those of workers are not. Passes on what else the worker at `url` tells, which follows the
 * server at `root`. Without a worker hidden pages are late, which is told as `worker`.
 */
export function createTicker(scope: Scope, url: string, root: string, hear: (...message: FromWorker) => void): Ticker {
  let timer: number | undefined;
  let worker: Worker | undefined;
  const fail = (why: unknown) => {
    worker = undefined;
    hear('worker', why);
  };
  try {
    if (url) {
      blessed[url] ??=
        (scope as Trusting).trustedTypes?.createPolicy('nightlatch', { createScriptURL: () => url }).createScriptURL(url) ?? url;
      worker = new scope.Worker(blessed[url]);
      worker.onmessage = ({ data }) => hear(...(data as FromWorker));
      worker.onerror = (event) => {
        event.preventDefault();
        fail(event.message);
      };
    }
  } catch (error) {
    fail(error);
  }
  return {
    pace(hidden) {
      scope.clearInterval(timer);
      timer = scope.setInterval(hear, hidden ? HIDDEN : VISIBLE, 'tick');
      worker?.postMessage([hidden ? HIDDEN : 0, root]);
    },
    stop() {
      scope.clearInterval(timer);
      worker?.terminate();
    },
  };
}

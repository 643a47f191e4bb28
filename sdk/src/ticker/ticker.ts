import type { Scope } from '../call/call.js';

const VISIBLE = 250;
const HIDDEN = 1000;

export interface Ticker {
  pace(hidden: boolean): void;
  stop(): void;
}

let policy: { createScriptURL(url: string): string } | undefined;

/** Under Trusted Types a worker's address has to be blessed; the policy is made once and blesses this one file. */
function blessed(scope: Scope, url: string): string {
  const types = (scope as { trustedTypes?: { createPolicy(name: string, rules: object): typeof policy } }).trustedTypes;
  if (!types) return url;
  policy ??= types.createPolicy('nightlatch', { createScriptURL: (text: string) => text });
  return policy!.createScriptURL(url);
}

/**
 * Calls `tick` four times a second while the page is visible, once a second while it is hidden. Timers of hidden pages are
 * throttled to one a minute, those of workers are not; without a worker only the accuracy suffers.
 */
export function createTicker(scope: Scope, url: string, tick: () => void, failed: (why: string) => void): Ticker {
  let timer = 0;
  let worker: Worker | undefined;
  const fail = (why: string) => {
    worker?.terminate();
    worker = undefined;
    failed(why);
  };
  try {
    worker = new scope.Worker(blessed(scope, url), { name: 'nightlatch' });
    worker.onmessage = tick;
    worker.onerror = (event) => {
      event.preventDefault();
      fail(event.message || 'the browser refused to load it');
    };
  } catch (error) {
    fail(String(error));
  }
  return {
    pace(hidden) {
      scope.clearInterval(timer);
      timer = scope.setInterval(tick, hidden ? HIDDEN : VISIBLE);
      worker?.postMessage(hidden ? HIDDEN : 0);
    },
    stop() {
      scope.clearInterval(timer);
      worker?.terminate();
    },
  };
}

import type { Scope } from '../call/call.js';
import { asLifetime, asReason, type Lifetime, type Reason } from '../lifetime/lifetime.js';

export interface Push {
  /** Opens the stream again if the server had closed it and the pause is over. */
  tick(now: number): void;
  stop(): void;
}

/** The server's side of the conversation. Losing it costs promptness, nothing else: deadlines are asked for anyway. */
export function createPush(
  scope: Scope,
  url: string,
  { lifetime, ended, closed }: { lifetime(body: Lifetime): void; ended(reason: Reason): void; closed(): void },
): Push {
  let source: EventSource | undefined;
  let again = 0;
  let pause = 5000;

  const parse = (event: Event): unknown => {
    try {
      return JSON.parse((event as MessageEvent<string>).data);
    } catch {
      return null;
    }
  };
  const told = (event: Event) => {
    pause = 5000;
    const body = asLifetime(parse(event));
    if (body) lifetime(body);
  };

  return {
    tick(now) {
      if (source || now < again || !scope.EventSource) return;
      again = now + pause;
      pause = Math.min(pause * 2, 60_000);
      source = new scope.EventSource(url);
      for (const name of ['lifetime', 'warning', 'locked']) source.addEventListener(name, told);
      source.addEventListener('ended', (event) => {
        stop();
        ended(asReason((parse(event) as { reason?: unknown } | null)?.reason) ?? 'none');
      });
      source.onerror = () => {
        // Otherwise the browser reconnects by itself; closed for good means that the server refused.
        if (source?.readyState !== 2) return;
        stop();
        closed();
      };
    },
    stop,
  };

  function stop() {
    source?.close();
    source = undefined;
  }
}

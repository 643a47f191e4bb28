/**
 * What a page tells its worker: how often to tick in milliseconds (0: not at all), and where the server's browser endpoints
 * are, empty if there is no server.
 */
export type ToWorker = [pace: number, root: string];

/**
 * What the worker tells its page: `tick`; `lead` with whether this tab leads; `lifetime`, `warning` or `locked` from the
 * stream with what came along; `push` when there is no stream to hear. All pages hear `ended` and `look`.
 */
export type FromWorker = [type: string, data?: unknown];

/** What a worker has of its own. */
export type WorkerScope = Pick<
  typeof globalThis,
  'setInterval' | 'clearInterval' | 'setTimeout' | 'navigator' | 'BroadcastChannel' | 'EventSource'
> & { postMessage(message: FromWorker): void; onmessage: ((event: { data: ToWorker }) => void) | null };

const BEAT = 2000;
/**
 * After so many beats without a word a leader is frozen; and its stream is none, since the server says at once how the session
 * stands.
 */
const QUIET = 2;
/** When to open a stream again that the server refused. */
const AGAIN = 15_000;

/**
 * What goes on while the page is hidden and its timers are throttled: the ticking, and the one event stream of all tabs.
 * The tab that leads saves requests and decides nothing, so that two leaders for a moment, or none, do no harm. To let go
 * of the lock and the stream, the page terminates the worker.
 */
export function startPulse(scope: WorkerScope): void {
  const tell = (...told: FromWorker) => scope.postMessage(told);
  let timer: ReturnType<typeof setInterval> | undefined;
  let root = '';
  let pages: BroadcastChannel;
  let source: EventSource | undefined;
  let leads = false;
  /** Beats without a word of the leader or, where this tab leads, of the stream: no number any more once there was one. */
  let quiet = 0;

  const listen = () => {
    quiet = 0;
    source?.close();
    if (!leads) return;
    source = new scope.EventSource(`${root}events`);
    for (const type of ['lifetime', 'warning', 'locked', 'ended']) {
      source.addEventListener(type, (event) => {
        const data = JSON.parse(event.data);
        // Only an end has one.
        if (data.reason) {
          pages.postMessage('ended ' + data.reason);
          // Told a beat later than at once: until then the page knows whether it is over.
          quiet = QUIET - 1;
          source!.close();
        } else {
          quiet = NaN;
          tell(type, data);
        }
      });
    }
    source.onerror = () => {
      // Otherwise the browser reconnects by itself; closed for good means that the server refused.
      if (source!.readyState === 2) {
        quiet = QUIET - 1;
        scope.setTimeout(listen, AGAIN);
      }
    };
  };

  const toggle = () => {
    leads = !leads;
    tell('lead', leads);
    listen();
  };

  const queue = (steal?: boolean) =>
    scope.navigator.locks
      .request(root, { steal: steal! }, () => {
        toggle();
        return new Promise(() => {});
      })
      .catch(() => {
        // Refused by the browser: it leads itself. Stolen: it was too slow to beat, and waits in line again.
        toggle();
        if (!leads) void queue();
      });

  const beat = () => {
    if (leads) pages.postMessage('beat');
    if (quiet++ !== QUIET) return;
    if (leads) tell('push');
    else void queue(true);
  };

  scope.onmessage = ({ data: [pace, to] }) => {
    scope.clearInterval(timer);
    if (pace) timer = scope.setInterval(tell, pace, 'tick');
    if (root === to) return;
    root = to;
    pages = new scope.BroadcastChannel(root);
    pages.onmessage = ({ data }) => {
      // Which leaves the leader's as it is, once it heard its stream.
      if (data === 'beat') quiet *= 0;
    };
    void queue();
    scope.setInterval(beat, BEAT);
  };
}

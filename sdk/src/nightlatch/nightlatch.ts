import { createActivity, listen } from '../activity/activity.js';
import { createCall, type Answer, type Call, type Lost, type Scope } from '../call/call.js';
import type { Channel } from '../channel/channel.js';
import { createClock } from '../clock/clock.js';
import { asLifetime, type Reason } from '../lifetime/lifetime.js';
import * as machine from '../machine/machine.js';
import { createTicker, type Ticker } from '../ticker/ticker.js';
import type { Diagnostic, EventType, Listener, Nightlatch, Options } from './contract.js';

const farewell = () => import('../farewell/farewell.js');

const shown = Object.keys(machine.unseen);

/** The session of this browser, as one tab sees it. Does nothing before `start()`, and nothing at all without a window. */
export function createNightlatch(options: Options = {}): Nightlatch {
  // Constants in here, since outside of a function they would be variables of the bundle.
  /** A page that was away asks if what it knows is older. */
  const RECHECK = 5000;
  /** And so does every page that nobody tells anything. */
  const POLL = 15_000;
  /** Somebody waits for this answer, so that its loss is told soon. */
  const EXTEND_WITHIN = 2000;

  const scope = options.scope ?? (globalThis as unknown as Scope);
  const { document, location } = scope;
  const warn = (diagnostic: unknown) => scope.console.warn('nightlatch:', diagnostic);
  const listeners = new Set<Listener>();
  const diagnosed: Record<string, Diagnostic> = {};
  const activity = createActivity();
  const windows: Window[] = [];

  let model = machine.initial;
  let state: machine.State = machine.unseen;
  let running: AbortController | undefined;
  let root = '';
  let call: Call;
  let now: () => number;
  // Between `connect` and `disconnect`, that is, not while in the back/forward cache:
  let tab = '';
  let channel: Channel | undefined;
  let ticker: Ticker;
  /** Whether this tab acts for all where one is enough. */
  let leading = false;
  /** Nobody tells this tab what happens. */
  let unheard: boolean | undefined;

  let question: [reports: boolean] | undefined;
  /** The question that had left when something may have changed. */
  let outdated: object | undefined;
  let toldPath: string | undefined;
  /** The last input; and the last report, of any tab, that tells of all input until then. */
  let input = -Infinity;
  let reportedAt = -Infinity;
  /** What the server said when it was told to sign out; `gone` if another tab does it. */
  let goodbye: Answer | undefined;

  const emit = (type: EventType) => {
    for (const listener of listeners) listener({ type, state });
  };

  const diagnose = (code: string, detail: unknown) => {
    if (diagnosed[code]) return;
    (options.onDiagnostic ?? warn)((diagnosed[code] = { code, detail: `${detail}` }));
    // For the metrics of the server.
    if (running && !options.backend) void call('POST', 'diagnostic', { code });
  };

  /** A page that is being left loads nothing any more, and is gone by then. */
  const unloaded = (error: unknown) => scope.setTimeout(diagnose, 1000, 'file', error);

  /** Shows the next model, and does what it wants. */
  const apply = (next: machine.Model) => {
    const { phase, cover } = model;
    model = next;
    // What hides the page until there is an answer waits for none to a question from before.
    if (next.cover === 'checking' && !cover) forget();
    const shows = JSON.stringify(model, shown);
    // What differs in nothing to show is no change.
    if (shows !== JSON.stringify(state)) {
      state = Object.freeze(JSON.parse(shows));
      emit('change');
    }
    if (model.phase !== phase) {
      emit(model.phase as EventType);
      // At hand long before the end: once the session idles, a request for a file of the application would be activity.
      farewell().catch(unloaded);
      drawn();
      if (model.phase === 'ended') leave().catch(unloaded);
    }
    if (model.asks) void ask();
  };

  /** After a busy time the browser draws before it runs a timer that is due: what is drawn must not be out of date. */
  const drawn = () => {
    if (model.phase !== 'warning' || !running) return;
    const at = now();
    apply(machine.ticked(model, at, 0));
    scope.requestAnimationFrame(drawn);
  };

  const say = (word: string) => channel?.postMessage(word);

  // --- asking the server -------------------------------------------------------------------------------------------

  /** One question at a time, the most urgent one; any answer says how the session stands. True if it is live. */
  async function ask(): Promise<true | void> {
    if (question || !tab) return;
    const sent = now();
    const { cover, handle } = model;
    const path = location.pathname;
    const goes = cover === 'leaving';
    const stays = !cover && model.extending;
    const reports = stays || (!cover && mayReport(sent));
    const mine = (question = [reports]);
    const moves = path !== toldPath;
    if (!goes && !stays) toldPath = path;
    if (reports) {
      reportedAt = sent;
      say('active');
    }
    const asked: [what: string, body: object, timeout?: number] = goes
      ? ['sign-out', { handle }]
      : stays
        ? ['extend', {}, EXTEND_WITHIN]
        : reports
          ? ['activity', { tab, path, age_ms: Math.round(sent - input) }]
          : ['session', { tab, path, handle }];
    // No cache of a service worker keeps what is posted.
    const answer = await call('POST', ...asked);
    // Something happened that makes this question one of the past.
    if (mine !== question) return;
    question = undefined;
    const at = now();
    const told = asLifetime((answer as { body?: unknown }).body);
    if (goes && answer.type !== 'lost') {
      goodbye = answer;
      apply(machine.ended(model, 'user'));
    } else if (answer.type === 'gone') {
      apply(machine.refused(model, answer, at));
    } else if (!told) {
      forget();
      if ((answer as Lost).status) diagnose('server', (answer as Lost).status);
      apply(machine.lost(model, at));
    } else {
      tellOthers(machine.told(stays ? { ...model, extending: false } : model, told, sent, at, reportedUntil(at)), moves || stays);
      if (mine === outdated) void ask();
      return true;
    }
  }

  /** Whatever was asked is from before, and its answer does not matter any more. */
  const forget = () => {
    question = toldPath = undefined;
    reportedAt = -Infinity;
  };

  /** Hides the page before anything else, in the very call that tells the reason to. */
  const doubt = (why: machine.Model['doubt']) => {
    forget();
    apply(machine.doubted(model, why));
  };

  /** Other tabs find out in time by themselves about more time, but not about less, and not that a warning is over. */
  const tellOthers = (next: machine.Model, news: boolean) => {
    const { phase, deadline } = model;
    apply(next);
    const differs = model.deadline < deadline - 1000 || model.phase !== phase;
    if (news && differs && phase !== 'unknown') say('look');
  };

  /** Of several tabs the one with the freshest input goes first, and what the others know is old news then. */
  const mayReport = (at: number) => input > reportedAt && at - reportedAt >= model.reportEvery + (at - input) / 5;

  /** What is known from before then is known without the last input. */
  const reportedUntil = (at: number) => (mayReport(at) ? Infinity : reportedAt);

  const acted = () => {
    if (model.phase !== 'active' || model.cover) return;
    input = now();
    if (input < model.retryAt || !mayReport(input)) return;
    // The server and the other tabs hear of it at once, whatever else is being asked.
    if (!question?.[0]) question = undefined;
    void ask();
  };

  const look = () => {
    outdated = question;
    apply(machine.looked(model));
  };

  // --- leaving -----------------------------------------------------------------------------------------------------

  async function leave(): Promise<void> {
    // Nobody hides what is in them once this page is gone.
    if (model.cover) for (const window of windows) window.close();
    const { sayGoodbye } = await farewell();
    const cover = await sayGoodbye(scope, root, options, model, call, goodbye, leading, say, diagnose);
    if (cover === undefined) return;
    stop();
    apply({ ...model, cover });
  }

  // --- what happens around us --------------------------------------------------------------------------------------

  const tick = () => {
    // From the start: a window that was opened before it is not known.
    import('../frames/frames.js').then(
      ({ watchFrames }) => running && watchFrames(scope, windows, watch, seen, options.frames, acted, running.signal),
      unloaded,
    );
    const at = now();
    apply(machine.ticked(model, at, reportedUntil(at)));
    if (!isLive()) return;
    if (unheard && at - model.toldAt > POLL) look();
    if (at >= model.retryAt && (mayReport(at) || location.pathname !== toldPath)) void ask();
    if (model.phase === 'warning') emit('tick');
  };

  const seen = (event: Event) => activity.counts(event, now()) && acted();

  const on = (target: EventTarget | undefined, type: string, listener: (event: Event) => void) =>
    target?.addEventListener(type, listener, { capture: true, passive: true, signal: running!.signal });

  const appeared = () => {
    ticker.pace(document.hidden);
    tick();
    if (document.hidden) return;
    activity.appeared();
    if (model.cover || now() - model.toldAt > RECHECK) look();
  };

  const hear = ({ data }: MessageEvent) => {
    const [word, reason] = `${data}`.split(' ');
    // Whoever reported last goes first again: two tabs with input at once do not both report.
    if (word === 'active') reportedAt = now() + 100;
    else if (word === 'look') look();
    else if (word === 'mine') goodbye = { type: 'gone' } as Answer;
    else if (word === 'ended') doubt(reason as Reason);
  };

  const hearWorker = (type: string, data?: unknown) => {
    const body = asLifetime(data);
    const at = now();
    if (type === 'tick') tick();
    else if (type === 'lead') leading = !!data;
    else if (body) {
      tellOthers(machine.pushed(model, body, at, reportedUntil(at)), true);
      if (body.ask) {
        // Every question says which tab asks.
        say('look');
        look();
      }
    }
    // A worker that dies with its page is nothing to speak of.
    else if (!machine.isFinal(model)) {
      leading = unheard = true;
      diagnose(type, data ?? root);
      look();
    }
  };

  // --- start and stop ----------------------------------------------------------------------------------------------

  const beat = () => {
    const server = options.backend ? '' : root;
    leading = !server;
    ticker = createTicker(scope, options.worker ?? (server && `${server}worker.js`), server, hearWorker);
    ticker.pace(document.hidden);
  };

  const connect = () => {
    if (tab || !running) return;
    watch(scope);
    tab = `${Math.random()}`.slice(2);
    const open = (Opened: new (name: string) => Channel) => {
      channel = new Opened(root);
      channel.onmessage = hear;
    };
    try {
      open(scope.BroadcastChannel);
    } catch {
      // Nor is this tab reached by what the leader hears.
      unheard = true;
      import('../channel/channel.js').then(({ StorageChannel }) => tab && open(StorageChannel), unloaded);
    }
    beat();
    tick();
  };

  const disconnect = () => {
    if (!tab) return;
    // Also where the first answer is still on its way: the question has opened the tab.
    if (!machine.isFinal(model)) void call('DELETE', `tab/${tab}`);
    tab = '';
    forget();
    ticker.stop();
    channel?.close();
    channel = undefined;
  };

  // Hidden when it is put away, so that no frame shows the page when it is taken out again, before anybody is told.
  const freeze = () => {
    doubt('');
    // A frozen tab would keep the lock.
    ticker.stop();
    // It is open still, and can say so no more.
    if (tab) void call('POST', `tab/${tab}`);
  };

  const putAway = () => {
    disconnect();
    doubt('');
  };

  const resume = () => {
    // Out of the back/forward cache, `pageshow` follows and does the rest.
    if (tab) beat();
    doubt('');
  };

  const restored = (event: Event) => {
    if (!(event as PageTransitionEvent).persisted) return;
    doubt('');
    connect();
  };

  /** Listens in one window, also when `document.open()` took the listeners away; what listens already does so once. */
  const watch = (view: Scope) => {
    listen(view, seen, running!.signal);
    if (view !== scope) return;
    on(document, 'visibilitychange', appeared);
    on(scope, 'focus', appeared);
    on((scope as { navigation?: EventTarget }).navigation, 'currententrychange', tick);
    on(scope, 'online', look);
    on(document, 'freeze', freeze);
    on(document, 'resume', resume);
    on(scope, 'pagehide', putAway);
    // No page with such a listener is kept for going back: of one that is, browsers draw the last picture before anything else.
    if (options.required) on(scope, 'unload', putAway);
    on(scope, 'pageshow', restored);
  };

  const start = () => {
    if (running || !document) return;
    running = new AbortController();
    root = new URL(options.base ?? '/nightlatch/', `${location}`).href.replace(/\/*$/, '/');
    call = options.backend ? options.backend(scope) : createCall(scope, root);
    now = createClock(scope, doubt);
    model = options.covered ? machine.uncertain : machine.initial;
    unheard = goodbye = undefined;
    input = -Infinity;
    // Not at once: React's StrictMode mounts, takes out and mounts again, and a page has one name.
    queueMicrotask(connect);
  };

  const stop = () => {
    if (!running) return;
    disconnect();
    running.abort();
    running = undefined;
    // What is over stays over; of anything else nothing is known from here on.
    if (!machine.isFinal(model)) apply(machine.initial);
  };

  const isLive = () => model.handle && !machine.isFinal(model);

  const subscribe = (listener: Listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };

  return {
    get state() {
      return state;
    },
    remaining: () => (model.deadline < Infinity ? Math.max(0, model.deadline - now()) : null),
    async extend() {
      if (!isLive()) return false;
      question = undefined;
      apply(machine.extending(model));
      return !!(await ask());
    },
    async signOut() {
      if (!running) return;
      say('mine');
      forget();
      apply(machine.leaving(model));
    },
    cover: (why) => apply(machine.resting(model, why)),
    get request() {
      return call;
    },
    recheck: look,
    windows,
    subscribe,
    diagnose,
    start,
    stop,
  };
}

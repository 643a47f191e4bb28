import { createActivity, watchInput } from '../activity/activity.js';
import { createCall, type Answer, type Scope } from '../call/call.js';
import { openChannel, type Channel, type Message } from '../channel/channel.js';
import { createClock } from '../clock/clock.js';
import { mark, redirectOf, signOutOnce } from '../farewell/farewell.js';
import { holdDuring, takeHold, type Hold, type HoldRequest } from '../hold/hold.js';
import { createLeader, type Leader } from '../leader/leader.js';
import { asLifetime, type Reason } from '../lifetime/lifetime.js';
import { initial, isDue, step, type Step } from '../machine/machine.js';
import { createPush, type Push } from '../push/push.js';
import { createReports } from '../report/report.js';
import { createTicker, type Ticker } from '../ticker/ticker.js';
import type { Diagnostic, Listener, Nightlatch, NightlatchEvent, Options, State } from './contract.js';

const RECHECK = 5000;
const LEAVE_WITHIN = 400;

/** The session of this browser, as one tab sees it. Does nothing before `start()`, and nothing at all without a window. */
export function createNightlatch(options: Options = {}): Nightlatch {
  const scope = options.scope ?? (globalThis as unknown as Scope);
  const listeners = new Set<Listener>();
  const reports = createReports();
  const activity = createActivity();
  const diagnosed = new Set<string>();

  let model = initial;
  let extending = false;
  let state = view();
  let running: AbortController | undefined;
  let root = '';
  let name = '';
  let call: ReturnType<typeof createCall>;
  let clock: ReturnType<typeof createClock>;
  // Between `connect` and `disconnect`, that is, not while in the back/forward cache:
  let channel: Channel | undefined;
  let leader: Leader | undefined;
  let push: Push | undefined;
  let ticker: Ticker | undefined;
  let leading = false;
  let tab = '';
  let toldPath: string | undefined;
  let asking: object | undefined;
  let staying = false;
  let signingOut = false;
  let left = false;

  function view(): State {
    const { phase, kind, canExtend, cover, trouble, reason } = model;
    return { phase, kind, canExtend, cover, trouble, extending, reason };
  }

  const emit = (type: NightlatchEvent['type']) => {
    for (const listener of [...listeners]) listener({ type, state });
  };

  const apply = (event: Step) => {
    const before = model;
    model = step(model, event, clock.now());
    show();
    if (event.type === 'lost' && model.cover === 'offline' && before.cover !== 'offline') emit('clear');
    if (model.phase === 'ended' && !left) leave(event.type === 'gone' && event.reason === 'none');
    else if (model.ask) void ask();
  };

  const show = () => {
    if (model.phase !== 'warning') extending = false;
    const next = view();
    if ((Object.keys(next) as (keyof State)[]).every((key) => next[key] === state[key])) return;
    state = next;
    emit('change');
  };

  // --- asking the server -------------------------------------------------------------------------------------------

  const path = () => scope.location.pathname;

  /** One question at a time, and every answer is about the session, whichever question is due. */
  async function ask(): Promise<void> {
    // An unconfirmed "stay" is the question, until time is up.
    if (asking || !tab || (extending && !model.cover)) return;
    const question = (asking = {});
    const sent = clock.now();
    const here = path();
    const hadInput = reports.pending() && !model.cover;
    const input = hadInput ? reports.take(sent) : sent;
    const moved = toldPath !== here;
    toldPath = here;
    if (hadInput) channel?.send({ type: 'reported' });
    const answer = await (hadInput
      ? call('POST', 'activity', { age_ms: Math.round(sent - input), tab, path: here, visible: !scope.document.hidden })
      : moved
        ? call('POST', 'tab', { tab, path: here })
        : call('GET', 'session'));
    if (asking !== question) return;
    asking = undefined;
    if (answer.type === 'lost') {
      toldPath = undefined;
      if (hadInput) reports.giveBack(input);
    }
    // Input from just before the warning speaks first.
    const early = model.phase === 'active' && reports.pending() && !model.cover;
    if (early && answer.type === 'ok' && asLifetime(answer.body)?.phase === 'warning') return ask();
    settle(answer, sent, moved);
  }

  /** Whatever was asked is from before, and its answer does not matter any more. */
  const forget = () => {
    asking = toldPath = undefined;
  };

  function settle(answer: Answer, sent: number, share: boolean): boolean {
    const before = model;
    const body = answer.type === 'ok' ? asLifetime(answer.body) : undefined;
    if (body) apply({ type: 'told', body, sent });
    else apply(answer.type === 'gone' ? answer : { type: 'lost' });
    if (share) tellOthers(before);
    return !!body;
  }

  /** Other tabs find out in time by themselves about more time, but not about less, and not that a warning is over. */
  const tellOthers = (before: typeof model) => {
    if (before.phase === 'unknown' || model.phase === 'ended') return;
    const sooner = (model.deadline ?? Infinity) < (before.deadline ?? Infinity) - 1000;
    if (sooner || model.phase !== before.phase) channel?.send({ type: 'look' });
  };

  async function stay(): Promise<boolean> {
    extending = staying = true;
    show();
    reports.clear();
    const sent = clock.now();
    const answer = await call('POST', 'extend', {}, { timeout: 2000 });
    staying = false;
    if (!tab) return false;
    if (answer.type !== 'lost') extending = false;
    const done = settle(answer, sent, false);
    if (done) channel?.send({ type: 'look' });
    return done;
  }

  // --- leaving -----------------------------------------------------------------------------------------------------

  function leave(bare: boolean): void {
    left = true;
    const { cover, reason, handle, replaced } = model;
    if (!cover && !options.required) return stop();
    if (replaced) return scope.location.reload();
    channel?.send({ type: 'ended', reason: reason! });
    const go = (to = `${root}signed-out?reason=${reason}`) => scope.location.replace(to);
    // Without a cookie there is nothing left to sign out of.
    if (bare || signingOut || !handle) go();
    else void signOutOnce(scope, call, name, handle).then(go);
  }

  async function signOut(): Promise<void> {
    if (!running || left || signingOut) return;
    signingOut = true;
    if (model.handle) mark(scope, name, model.handle);
    apply({ type: 'leaving' });
    for (let pause = 500; running && !left; pause = Math.min(pause * 2, 10_000)) {
      const answer = await call('POST', 'sign-out', model.handle ? { handle: model.handle } : {});
      if (left) return;
      if (answer.type !== 'lost') {
        left = true;
        channel?.send({ type: 'ended', reason: 'user' });
        const to = answer.type === 'ok' ? redirectOf(answer.body) : undefined;
        apply({ type: 'gone', reason: 'user' });
        return scope.location.replace(to ?? `${root}signed-out?reason=user`);
      }
      // Not signed out as long as the server does not know: stay hidden and go on trying.
      apply({ type: 'lost' });
      await new Promise((resolve) => scope.setTimeout(resolve, pause));
    }
  }

  // --- what happens around us --------------------------------------------------------------------------------------

  function lookAtClock(): number {
    const { now, jumped } = clock.read();
    if (jumped) {
      forget();
      apply({ type: 'tick', jumped });
    }
    return now;
  }

  function tick(): void {
    const now = lookAtClock();
    apply({ type: 'tick' });
    if (!running || left) return;
    leader?.tick(now);
    const live = model.phase !== 'unknown' && model.cover !== 'leaving';
    if (live && leading) push?.tick(now);
    const free = live && now >= model.retryAt;
    if (free && (reports.due(now, model.quiet) || path() !== toldPath)) void ask();
    if (extending && !staying && free && !model.cover) void stay();
    if (model.phase === 'warning') emit('tick');
  }

  function hear(message: Message): void {
    if (message.type === 'beat') leader?.heard(clock.now());
    else if (message.type === 'reported') reports.heard(clock.now());
    else if (message.type === 'look') apply(message);
    else doubt(message.reason);
  }

  /** Somebody says that it is over. Hide, ask, and go even if the answer is slow. */
  function doubt(reason: Reason): void {
    if (model.cover === 'leaving') return;
    apply({ type: 'hint', reason });
    scope.setTimeout(() => {
      if (running && model.hint && !model.trouble) apply({ type: 'gone', reason: model.hint });
    }, LEAVE_WITHIN);
  }

  function seen(event: Event): void {
    const now = lookAtClock();
    if (!activity.counts(event, now) || model.phase !== 'active' || model.cover) return;
    reports.saw(now);
    if (now >= model.retryAt && reports.due(now, model.quiet)) void ask();
  }

  function appeared(): void {
    const hidden = scope.document.hidden;
    ticker?.pace(hidden);
    tick();
    if (hidden) return;
    activity.appeared();
    if (model.phase !== 'unknown' && clock.now() - model.toldAt > RECHECK) apply({ type: 'look' });
  }

  function diagnose(code: Diagnostic['code'], message: string): void {
    if (diagnosed.has(code)) return;
    diagnosed.add(code);
    const report = options.onDiagnostic ?? ((d: Diagnostic) => scope.console.warn(`nightlatch: ${d.code}: ${d.message}`));
    report({ code, message });
  }

  // --- start and stop ----------------------------------------------------------------------------------------------

  function connect(): void {
    tab = scope.crypto.getRandomValues(new Uint32Array(4)).join('-');
    toldPath = undefined;
    const heard = openChannel(scope, name, hear);
    channel = heard;
    push = createPush(scope, `${root}events`, {
      lifetime(body) {
        const before = model;
        apply({ type: 'pushed', body });
        tellOthers(before);
      },
      ended(reason) {
        heard.send({ type: 'ended', reason });
        doubt(reason);
      },
      closed: () => apply({ type: 'look' }),
    });
    elect();
    ticker ??= createTicker(scope, `${root}worker.js`, tick, (why) => diagnose('worker', why));
    ticker.pace(scope.document.hidden);
  }

  function elect(): void {
    leader?.stop();
    leader = createLeader(scope, name, !!channel?.open, {
      beat: () => channel?.send({ type: 'beat' }),
      lead(value) {
        leading = value;
        if (!value) push?.stop();
      },
    });
  }

  function disconnect(): void {
    if (tab && model.handle && model.phase !== 'ended') void call('DELETE', `tab/${tab}`, undefined, { keepalive: true });
    tab = '';
    forget();
    leader?.stop();
    push?.stop();
    channel?.close();
    channel = undefined;
  }

  function start(): void {
    if (running || !scope.document) return;
    running = new AbortController();
    const { signal } = running;
    const url = new URL(options.base ?? '/nightlatch/', scope.location.href);
    root = url.href.replace(/\/*$/, '/');
    name = `nightlatch:${new URL(root).pathname}`;
    call = createCall(scope, root);
    clock = createClock(() => scope.performance.now(), () => scope.Date.now());
    model = initial;
    left = extending = staying = signingOut = false;
    reports.clear();

    const on = (target: EventTarget | undefined, type: string, listener: (event: Event) => void) =>
      target?.addEventListener(type, listener, { signal, capture: true });
    on(scope.document, 'visibilitychange', appeared);
    on(scope, 'focus', tick);
    on(scope, 'popstate', tick);
    on((scope as { navigation?: EventTarget }).navigation, 'currententrychange', tick);
    on(scope, 'online', () => apply({ type: 'online' }));
    on(scope.document, 'freeze', () => {
      // A frozen tab would keep the lock.
      leader?.stop();
      push?.stop();
    });
    on(scope.document, 'resume', () => {
      // Out of the back/forward cache, `pageshow` follows and does the rest.
      if (tab) elect();
      apply({ type: 'restored' });
    });
    on(scope, 'pagehide', disconnect);
    on(scope, 'pageshow', (event) => {
      if ((event as PageTransitionEvent).persisted) back();
    });
    watchInput(scope, seen, signal);
    connect();
    apply({ type: 'look' });
  }

  function back(): void {
    // Hidden before anything else, and in this very call.
    apply({ type: 'restored' });
    connect();
    tick();
  }

  function stop(): void {
    if (!running) return;
    disconnect();
    ticker?.stop();
    ticker = undefined;
    running.abort();
    running = undefined;
  }

  async function hold(request: HoldRequest): Promise<Hold | undefined> {
    const taken = running && (await takeHold(call, request));
    if (!taken) return undefined;
    const look = () => running && apply({ type: 'look' });
    look();
    return {
      renew: async (forMs) => {
        const done = await taken.renew(forMs);
        look();
        return done;
      },
      release: async () => {
        await taken.release();
        look();
      },
    };
  }

  return {
    get state() {
      return state;
    },
    remaining: () => (model.deadline === null || !running ? null : Math.max(0, model.deadline - clock.now())),
    extend: async () => !!running && !left && model.phase !== 'unknown' && !isDue(model, clock.now()) && stay(),
    signOut,
    hold,
    withHold: (work, { label, max = 3_600_000 }) => holdDuring(scope, hold, work, label, max),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start,
    stop,
  };
}

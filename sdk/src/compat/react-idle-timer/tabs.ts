import type { Scope } from '../../call/call.js';
import { StorageChannel, type Channel } from '../../channel/channel.js';
import type { Leader } from './leader.js';
import { spread } from './pace.js';
import { createAlarm } from './timers.js';

/**
 * What a timer does in every tab. `active`: somebody is there. `open`: it was started by its page, which moves nothing
 * elsewhere: pages open and reload by themselves.
 */
export type Action = 'start' | 'reset' | 'activate' | 'pause' | 'resume' | 'active' | 'open';

/** What takes somebody to be there. */
export const isActivity = (action: Action) => !['pause', 'resume', 'open'].includes(action);

/** Instants are of the wall clock, which all tabs share. */
type Message = { type: Action; at: number } | { type: 'message'; data: unknown } | { type: 'beat' };

export interface Tabs {
  readonly id: string;
  readonly leads: boolean;
  /** Tells the other tabs of activity, now or shortly, and leaves it where a tab that sleeps finds it. */
  share(): void;
  send(action: Action): void;
  /** False if the data cannot be sent. */
  message(data: unknown): boolean;
  /** Milliseconds since the last activity that any tab left. */
  age(): number;
  close(): void;
}

const actions = 'start reset activate pause resume active open'.split(' ');

/** Anybody on this origin may post here. */
function parse(value: unknown): Message | undefined {
  const { type, at, data } = Object(value) as { type: string; at: unknown; data: unknown };
  if (type === 'message') return { type, data };
  if (type === 'beat') return { type };
  return actions.includes(type) && Number.isFinite(at) ? { type: type as Action, at: at as number } : undefined;
}

function openChannel(name: string): Channel {
  try {
    return new BroadcastChannel(name);
  } catch {
    return new StorageChannel(name);
  }
}

/**
 * The tabs that have a timer of this name. There is no register of them and no vote: each knows when the last activity was,
 * and a tab that is frozen or gone keeps nobody waiting.
 */
export function openTabs(
  { name, syncTimers, leaderElection }: { name: string; syncTimers: number; leaderElection: boolean },
  told: { act(action: Action, age: number): void; message(data: unknown): void },
): Tabs {
  const scope = window as Scope;
  const key = `nightlatch:${name}`;
  const id = crypto.randomUUID?.() ?? Math.random().toString(36).slice(2);
  let leader: Leader | undefined;
  let leads = false;
  const beat = createAlarm();
  let closed = false;
  let last = 0;

  const take = (text: unknown) => {
    const message = parse(text);
    if (!message) return;
    if (message.type === 'beat') leader?.heard(performance.now());
    else if (message.type === 'message') told.message(message.data);
    else told.act(message.type, Math.max(0, Date.now() - message.at));
  };
  const channel = openChannel(key);
  channel.onmessage = ({ data }) => take(data);
  const post = (message: Message) => {
    try {
      channel.postMessage(message);
      return true;
    } catch {
      // Closed, or data that cannot be copied.
      return false;
    }
  };
  const age = () => {
    try {
      const passed = Date.now() - Number(scope.localStorage.getItem(`${key}:seen`));
      // A time to come is nobody's: the clock was set back, or somebody made it up.
      return passed >= 0 ? passed : Infinity;
    } catch {
      return Infinity;
    }
  };
  const leave = () => {
    try {
      if (age() > Date.now() - last) scope.localStorage.setItem(`${key}:seen`, String(last));
    } catch {
      // Full or denied: messages have to do.
    }
  };
  const share = spread(() => {
    leave();
    post({ type: 'active', at: last });
  }, syncTimers || 1000);

  const elect = async () => {
    const { createLeader } = await import('./leader.js');
    if (closed) return;
    leader = createLeader(scope, `${key}:leader`, {
      beat: () => post({ type: 'beat' }),
      lead: (leading) => (leads = leading),
    });
    const tick = () => {
      leader?.tick(performance.now());
      beat.set(1000, tick);
    };
    tick();
  };
  if (leaderElection) elect().catch((error) => console.warn(`nightlatch: ${error}`));

  return {
    id,
    get leads() {
      return leads;
    },
    share() {
      last = Date.now();
      share();
    },
    send(type) {
      const at = Date.now();
      if (isActivity(type)) last = at;
      if (isActivity(type)) leave();
      post({ type, at });
    },
    message: (data) => post({ type: 'message', data }),
    age,
    close() {
      closed = true;
      share.cancel();
      leave();
      beat.clear();
      leader?.stop();
      channel.close();
    },
  };
}

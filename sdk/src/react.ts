import { useEffect, useSyncExternalStore } from 'react';
import { guard } from './element.js';
import { createNightlatch, standalone, type Nightlatch, type Options, type State } from './index.js';
import type { AutoLogoutConfig, Limits } from './react/limits.js';

export type { AutoLogoutConfig, Limits };

type Value = number | boolean;
type Source = Limits & { auth?: { autologout?: Limits } } & { [method: string]: ((key: string) => unknown) | undefined };

/** What the state holds, and what can be done. The functions are the same over all renders. */
export type Session = State & Omit<Nightlatch, keyof State | 'state' | 'request' | 'start' | 'stop'>;

/** The server has the limits, in its policy; with `standalone` there is no server, and the limits are these. */
export interface AutoLogoutProps
  extends Limits,
    Pick<Options, 'base' | 'worker' | 'required' | 'frames' | 'onDiagnostic' | 'onSignOut'> {
  /** Beats the properties of the same names, one by one. */
  readonly config?: AutoLogoutConfig | undefined;
  /** There is no server: the tabs of this browser keep the time, and `onSignOut` ends the session. Default false. */
  readonly standalone?: boolean | undefined;
}

const options: Options = {};

/**
 * The one session of the page, however often and wherever its components come and go; for code that is no component, such
 * as `hold(nightlatch, …)`. `<AutoLogout>` starts and stops it.
 */
export const nightlatch: Nightlatch = createNightlatch(options);

const { subscribe, state: unknown } = nightlatch;
let latest = unknown;
subscribe(() => {
  latest = { ...nightlatch.state };
});

/**
 * The session of this page. Renders again when something in its state changed, and with `ticks` also four times a second
 * while a warning shows, for a countdown from `remaining()`. The phase is `unknown` on a server and until `<AutoLogout>` has
 * started.
 */
export const useSession = ({ ticks }: { ticks?: boolean } = {}): Session => ({
  ...nightlatch,
  ...useSyncExternalStore(
    subscribe,
    () => (ticks ? latest : nightlatch.state),
    () => unknown,
  ),
});

/**
 * Signs people out who walked away, and asks them before. Belongs once on pages of people who are signed in. Throws an Error
 * on a value out of range.
 */
export const AutoLogout = (props: AutoLogoutProps): null => {
  const alone = !!props.standalone;
  const config = props.config as Source | undefined;
  // A flag is a value from false to true.
  const read = (name: keyof Limits, fallback: Value = true, least: Value = false, most: Value = true) => {
    const value =
      config?.[least === false ? 'getOptionalBoolean' : 'getOptionalNumber']?.(`auth.autologout.${name}`) ??
      (config?.auth?.autologout ?? config)?.[name] ??
      props[name] ??
      fallback;
    if (typeof value === typeof fallback && (value as number) >= (least as number) && (value as number) <= (most as number)) return value as never;
    throw Error(`${name} is ${typeof value} ${value}; set it to ${least}…${most}`);
  };
  const minutes: number = read('idleTimeoutMinutes', 60, 0.5, 1e6);
  const limits = [
    minutes,
    read('promptBeforeIdleSeconds', 10, 0, minutes * 60 - 1),
    read('useWorkerTimers'),
    read('logoutIfDisconnected'),
    read('enabled'),
    alone,
  ] as const;
  useEffect(() => {
    Object.assign(options, props);
  });
  useEffect(() => {
    const [, seconds, worker, disconnected, enabled] = limits;
    if (!enabled) return undefined;
    Object.assign(options, {
      worker: worker ? props.worker : undefined,
      backend:
        alone && standalone({ idle: minutes * 60_000, warnBefore: seconds * 1000, absent: disconnected ? 'count' : 'pause' }),
    });
    return guard(nightlatch);
  }, limits);
  return null;
};

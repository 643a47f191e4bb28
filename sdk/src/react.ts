import { useEffect, useSyncExternalStore } from 'react';
import { guard } from './element.js';
import { createNightlatch, standalone, type Nightlatch, type Options, type State } from './index.js';
import { readLimits, type AutoLogoutConfig, type Limits } from './react/limits.js';

export type { AutoLogoutConfig, Limits };

/** What `state` holds, and what can be done. The functions are the same over all renders. */
export type Session = State & Omit<Nightlatch, 'state' | 'start' | 'stop'>;

/**
 * Against the server, its policy has the limits. With `onSignOut` there is no server: the limits are these, and `onSignOut`
 * ends the session.
 */
export interface AutoLogoutProps extends Limits, Pick<Options, 'base' | 'worker' | 'required' | 'frames' | 'onDiagnostic' | 'onSignOut'> {
  /** Beats the properties of the same names, one by one. */
  readonly config?: AutoLogoutConfig | undefined;
}

/** One session per page, however often and wherever its components come and go. Options are in force from the next start. */
const options: Options = {};
const nightlatch = createNightlatch(options);

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
 * Signs people out who walked away, and asks them before. Belongs on pages of people who are signed in, once. Throws an Error
 * on a value out of range.
 */
export const AutoLogout = (props: AutoLogoutProps): null => {
  const limits = readLimits(props);
  const { onSignOut } = props;
  useEffect(() => {
    Object.assign(options, props);
  });
  useEffect(() => {
    const [minutes, seconds, worker, disconnected, enabled] = limits;
    if (!enabled) return undefined;
    options.worker = worker ? props.worker : '';
    options.backend = onSignOut && standalone({ idle: minutes * 60_000, warnBefore: seconds * 1000, absent: disconnected ? 'count' : 'pause' });
    return guard(nightlatch);
  }, [...limits, !onSignOut]);
  return null;
};

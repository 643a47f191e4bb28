/** The properties that Backstage's component of the same name has. */
export interface Limits {
  /** Minutes without activity until sign-out, 0.5 to 1000000. Default 60. */
  readonly idleTimeoutMinutes?: number | undefined;
  /** Seconds before sign-out at which the person is asked, at least a second less than the idle time; 0 asks nobody. Default 10. */
  readonly promptBeforeIdleSeconds?: number | undefined;
  /** Whether a worker keeps the time, which is more accurate while the page is hidden. Default true. */
  readonly useWorkerTimers?: boolean | undefined;
  /** Whether people are signed out who have no page of the application open. Default true. */
  readonly logoutIfDisconnected?: boolean | undefined;
  /** Whether anything happens at all. Default true. */
  readonly enabled?: boolean | undefined;
}

/** app-config: as Backstage's `Config`, as a plain object, or what it has under `auth.autologout` alone. */
export type AutoLogoutConfig =
  | { getOptionalNumber(key: string): number | undefined; getOptionalBoolean(key: string): boolean | undefined }
  | { readonly auth?: { readonly autologout?: Limits | undefined } | undefined }
  | Limits;

type Source = Limits & { auth?: { autologout?: Limits } } & { [method: string]: ((key: string) => unknown) | undefined };

/**
 * Minutes, seconds and the three flags, in the order of `Limits`: configuration beats properties, properties beat the
 * defaults, one by one. Throws an Error on a value out of range.
 */
export function readLimits(given: Limits & { readonly config?: AutoLogoutConfig | undefined }) {
  const config = given.config as Source | undefined;
  const read = (name: keyof Limits, fallback: number | boolean = true, least: number | boolean = false, most: number | boolean = true) => {
    const key = `auth.autologout.${name}`;
    const value =
      config?.[`getOptional${least === false ? 'Boolean' : 'Number'}`]?.(key) ??
      (config?.auth?.autologout ?? config)?.[name] ??
      given[name] ??
      fallback;
    if (typeof value === typeof fallback && (value as number) >= least && (value as number) <= most) return value as never;
    throw Error(`AutoLogout: ${name} is ${typeof value} ${value}; set it or ${key} to ${least}…${most}`);
  };
  const minutes: number = read('idleTimeoutMinutes', 60, 0.5, 1e6);
  return [
    minutes,
    read('promptBeforeIdleSeconds', 10, 0, minutes * 60 - 1),
    read('useWorkerTimers'),
    read('logoutIfDisconnected'),
    read('enabled'),
  ] as [minutes: number, seconds: number, worker: boolean, disconnected: boolean, enabled: boolean];
}

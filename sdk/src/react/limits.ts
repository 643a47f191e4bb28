/** The properties that Backstage's component of the same name has. */
export interface Limits {
  /** Minutes without activity until sign-out, 0.5 to 1000000. Default 60. */
  readonly idleTimeoutMinutes?: number | undefined;
  /** Seconds before sign-out at which the person is asked, at least a second less than the idle time; 0 asks nobody. Default 10. */
  readonly promptBeforeIdleSeconds?: number | undefined;
  /**
   * Whether a worker keeps the time, which is more accurate while the page is hidden: without a server the file that `worker`
   * names. With a server its worker also listens to it, and stays. Default true.
   */
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

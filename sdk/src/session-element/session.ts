/** Why the page must be hidden. */
export type Cover = 'checking' | 'offline' | 'locked' | 'step-up' | 'leaving';

/** Which limit comes first. */
export type DeadlineKind = 'idle' | 'absolute' | 'disconnected';

/** The part of a `Nightlatch` that the elements use. */
export interface Session {
  readonly state: {
    readonly phase: 'unknown' | 'active' | 'warning' | 'locked' | 'ended';
    readonly kind: DeadlineKind | null;
    readonly canExtend: boolean;
    readonly cover: Cover | null;
    readonly trouble: boolean;
    readonly extending: boolean;
    readonly reason: string | null;
    readonly signInUrl?: string | null;
  };
  /** Milliseconds until the earliest limit. */
  remaining(): number | null;
  extend(): Promise<boolean>;
  signOut(): Promise<void>;
  cancelStepUp?(): void;
  subscribe(listener: () => void): () => void;
}

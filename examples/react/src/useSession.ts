import { useSyncExternalStore } from 'react';
import { nightlatch } from './session';

/** How the session stands: phase, subject and the rest of `State`. */
export const useSession = () => useSyncExternalStore(nightlatch.subscribe, () => nightlatch.state);

/** Whole seconds until the session ends, while the warning shows. */
export const useSecondsLeft = () =>
  useSyncExternalStore(nightlatch.subscribe, () =>
    nightlatch.state.phase === 'warning' ? Math.ceil((nightlatch.remaining() ?? 0) / 1000) : null,
  );

import { createSubscriber } from 'svelte/reactivity';
import { nightlatch } from './session';

const subscribe = createSubscriber((update) => nightlatch.subscribe(update));

/** What components read: whatever reads it is shown anew when it changes. */
export const current = {
  /** How the session stands. */
  get state() {
    subscribe();
    return nightlatch.state;
  },
  /** Whole seconds until the session ends, while the warning shows. */
  get seconds() {
    subscribe();
    return nightlatch.state.phase === 'warning' ? Math.ceil((nightlatch.remaining() ?? 0) / 1000) : null;
  },
};

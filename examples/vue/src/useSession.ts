import { onScopeDispose, shallowReadonly, shallowRef } from 'vue';
import { nightlatch } from './session';

/** How the session stands, and the whole seconds until it ends while the warning shows. */
export function useSession() {
  const state = shallowRef(nightlatch.state);
  const seconds = shallowRef<number | null>(null);
  const look = () => {
    state.value = nightlatch.state;
    seconds.value = state.value.phase === 'warning' ? Math.ceil((nightlatch.remaining() ?? 0) / 1000) : null;
  };
  look();
  onScopeDispose(nightlatch.subscribe(look));
  return { state: shallowReadonly(state), seconds: shallowReadonly(seconds) };
}

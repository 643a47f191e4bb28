import type { Nightlatch } from '../nightlatch/contract.js';
import { NightlatchWarning } from './warning.js';

/** Starts a session and shows its warnings on this page, until the returned function is called. */
export function guard(nightlatch: Nightlatch): () => void {
  const warning = new NightlatchWarning();
  warning.nightlatch = nightlatch;
  document.documentElement.append(warning);
  nightlatch.start();
  return () => {
    nightlatch.stop();
    // A covered page stays covered, whoever is taken out of it.
    const leave = () => {
      if (nightlatch.state.cover) return;
      unsubscribe();
      warning.stays = false;
      warning.remove();
    };
    const unsubscribe = nightlatch.subscribe(leave);
    leave();
  };
}

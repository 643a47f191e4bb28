import { asLifetime } from '../lifetime/lifetime.js';
import type { Nightlatch } from '../nightlatch/contract.js';

const LOOK = 2000;

/**
 * Hides the page until the person has authenticated again, in another tab; what stands in forms survives. False if the
 * person gave up, or the session ended.
 */
export async function stepUp(nightlatch: Nightlatch): Promise<boolean> {
  /** By the server's clock. */
  const authenticated = async () => {
    const answer = await nightlatch.request('POST', 'session', {});
    const body = answer.type === 'ok' && asLifetime(answer.body);
    return body ? body.server_time_ms - body.authentication_age_ms : undefined;
  };
  let before: number | undefined;
  let fresh = false;
  nightlatch.cover('step-up');
  const look = async () => {
    if (document.hidden) return;
    const now = await authenticated();
    before ??= now;
    if (now === undefined || now === before) return;
    fresh = true;
    nightlatch.cover(null);
  };
  void look();
  const timer = setInterval(look, LOOK);
  document.addEventListener('visibilitychange', look);
  await new Promise<void>((done) => {
    const over = ({ cover, phase }: Nightlatch['state']) => cover === null || cover === 'leaving' || phase === 'ended';
    const unsubscribe = nightlatch.subscribe(({ state }) => {
      if (!over(state)) return;
      unsubscribe();
      done();
    });
    if (over(nightlatch.state)) done();
  });
  clearInterval(timer);
  document.removeEventListener('visibilitychange', look);
  return fresh;
}

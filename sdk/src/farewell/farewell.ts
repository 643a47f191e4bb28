import type { Answer, Call } from '../call/call.js';
import type { Model } from '../machine/machine.js';
import type { Options } from '../nightlatch/contract.js';

const WITHIN = 3000;

/** An address to go to, if it is one: a path, or on the web. */
const asAddress = (to: unknown) => (/^(https?:\/)?\//.test(to as string) ? (to as string) : undefined);

const addressIn = (answer: Answer | undefined) =>
  asAddress((answer as { body?: { redirect?: unknown } | null } | undefined)?.body?.redirect);

/**
 * Tells the other tabs, and signs out on the server and in the application, in one tab: the one that has done so already
 * (`goodbye`), else the one that leads. Then goes where they say, or to the signed-out page. True if the application shows
 * what comes next.
 */
export async function sayGoodbye(
  location: Location,
  root: string,
  { backend, onSignOut }: Options,
  { reason, handle, replaced }: Model,
  call: Call,
  goodbye: Answer | undefined,
  leading: boolean,
  say: (word: string) => void,
  diagnose: (code: string, why: unknown) => void,
): Promise<boolean> {
  if (replaced) {
    location.reload();
    return false;
  }
  let to: string | undefined;
  const mine = handle && (goodbye ? goodbye.type !== 'gone' : leading);
  if (mine) say('mine');
  say(`ended ${reason}`);
  // Without a server another tab's turn has to be waited for.
  if (mine || (handle && backend)) {
    if (!goodbye || goodbye.type === 'gone') goodbye = await call('POST', 'sign-out', { handle });
    to = addressIn(goodbye);
    // Where the cookie is gone already, the server knows less than we do.
    if (reason !== 'none' && to?.endsWith('=none')) to = undefined;
    // Otherwise another tab was first.
    if (onSignOut && goodbye.type !== 'gone') {
      try {
        const late = new Promise((_, reject) => setTimeout(reject, WITHIN, 'too slow'));
        to = asAddress(await Promise.race([onSignOut(reason!), late])) ?? to;
        if (backend && !to) return true;
      } catch (error) {
        diagnose('sign-out', error);
      }
    }
  }
  if (backend && !to) location.reload();
  else location.replace(to ?? `${root}signed-out?reason=${encodeURIComponent(reason!)}`);
  return false;
}

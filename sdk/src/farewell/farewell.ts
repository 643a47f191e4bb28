import type { Answer, Call, Scope } from '../call/call.js';
import type { Cover, Model } from '../machine/machine.js';
import type { Options } from '../nightlatch/contract.js';

const WITHIN = 3000;

/** An address to go to, if it is one: a path, or on the web. */
const asAddress = (to: unknown) => (/^(https?:\/)?\//.test(to as string) ? (to as string) : undefined);

/** The page that says what happened is told where the person was; what follows `#` is for no server, and goes there as it is. */
function toldWhere(to: string, page: string): string {
  if (!/\/signed-out(\?reason=\w*)?$/.test(to)) return to;
  const [address, place] = page.split('#') as [string, string?];
  return `${to}${to.includes('?') ? '&' : '?'}return_to=${encodeURIComponent(address)}${place ? `#${place}` : ''}`;
}

const addressIn = (answer: Answer | undefined) =>
  asAddress((answer as { body?: { redirect?: unknown } | null } | undefined)?.body?.redirect);

/** A page that never saw a session and was sent away is back this soon only if something answers in place of the server. */
const BACK_WITHIN = 10_000;

/** Whether a page without a session was sent away just now in this tab, and notes that it is now. */
function wasSentAway({ sessionStorage, Date }: Scope): boolean {
  const key = 'nightlatch left';
  const before = Number(sessionStorage.getItem(key));
  sessionStorage.setItem(key, `${Date.now()}`);
  return Math.abs(Date.now() - before) < BACK_WITHIN;
}

/**
 * Whether leaving would lead back here: a service worker answers navigations from its cache, or a proxy does not pass the
 * server's pages on. Then a page that requires a session would be loaded again and again.
 */
function leadsBack(scope: Scope, isGoodbye: (address: string) => boolean, to: string, handle: string | null): boolean {
  if (isGoodbye('') && isGoodbye(to)) return true;
  try {
    return !handle && wasSentAway(scope);
  } catch {
    // No storage.
    return false;
  }
}

/**
 * Tells the other tabs, and signs out on the server and in the application, in one tab: the one that has done so already
 * (`goodbye`), else the one that leads. Then goes where they say, or to the signed-out page. Where the page stays, gives what
 * covers it: nothing if it is a page for everybody, or the application shows what comes next.
 */
export async function sayGoodbye(
  scope: Scope,
  root: string,
  { backend, onSignOut, required }: Options,
  { reason, cover, handle, replaced }: Model,
  call: Call,
  goodbye: Answer | undefined,
  leading: boolean,
  say: (word: string) => void,
  diagnose: (code: string, why: unknown) => void,
): Promise<Cover | null | undefined> {
  const { location } = scope;
  const goodbyePage = `${root}signed-out`;
  const isGoodbye = (address: string) => new URL(address, `${location}`).href.startsWith(goodbyePage);
  // A page that anybody may see stays as it is, unless it stands where the server's own should.
  if (!cover && !required && !isGoodbye('')) return null;
  if (replaced) {
    location.reload();
    return undefined;
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
        if (backend && !to) return null;
      } catch (error) {
        diagnose('sign-out', error);
      }
    }
  }
  const away = to ?? `${goodbyePage}?reason=${encodeURIComponent(reason!)}`;
  if (leadsBack(scope, isGoodbye, away, handle)) {
    diagnose('service-worker', `${location} is a page of the application, or leads to one without a session; see docs/service-workers.md`);
    return 'signed-out';
  }
  if (backend && !to) location.reload();
  else location.replace(toldWhere(away, `${location}`));
  return undefined;
}

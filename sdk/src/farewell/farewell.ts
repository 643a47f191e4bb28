import type { Call, Scope } from '../call/call.js';

/**
 * Signs out on the server, from exactly one tab per session: a lock for tabs at the same instant, a mark for later ones.
 * Gives the address to go to, or nothing if another tab does it or the server has none to offer.
 */
export async function signOutOnce(scope: Scope, call: Call, name: string, handle: string): Promise<string | undefined> {
  const once = async () => {
    if (isMarked(scope, name, handle)) return undefined;
    mark(scope, name, handle);
    const answer = await call('POST', 'sign-out', { handle });
    return answer.type === 'ok' ? redirectOf(answer.body) : undefined;
  };
  const { locks } = scope.navigator;
  try {
    return await (locks ? locks.request(`${name}out`, { ifAvailable: true }, (lock) => (lock ? once() : undefined)) : once());
  } catch {
    return undefined;
  }
}

/** Leaves a mark that this session's sign-out has been done. */
export function mark(scope: Scope, name: string, handle: string): void {
  try {
    scope.localStorage.setItem(`${name}out`, handle);
  } catch {
    // Without storage the lock has to do; the server takes a second sign-out kindly.
  }
}

function isMarked(scope: Scope, name: string, handle: string): boolean {
  try {
    return scope.localStorage.getItem(`${name}out`) === handle;
  } catch {
    return false;
  }
}

export function redirectOf(body: unknown): string | undefined {
  const to = (body as { redirect?: unknown } | null)?.redirect;
  return typeof to === 'string' && /^(https?:\/)?\//.test(to) ? to : undefined;
}

import { asReason, type Reason } from '../lifetime/lifetime.js';

export type Scope = Window & typeof globalThis;

export type Answer =
  | { type: 'ok'; body: unknown }
  | { type: 'gone'; reason: Reason | 'locked' }
  /** No answer, or none that says anything about the session. */
  | { type: 'lost'; status: number };

/** One request to the server. Never throws: what cannot be understood is `lost`. */
export type Call = (
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: object,
  options?: { timeout?: number; keepalive?: boolean },
) => Promise<Answer>;

export function createCall(scope: Scope, root: string): Call {
  return async (method, path, body, { timeout = 5000, keepalive = false } = {}) => {
    let status = 0;
    try {
      const headers: Record<string, string> = method === 'GET' ? {} : { Nightlatch: '1' };
      if (body) headers['Content-Type'] = 'application/json';
      const response = await scope.fetch(root + path, {
        method,
        headers,
        keepalive,
        cache: 'no-store',
        redirect: 'error',
        signal: AbortSignal.timeout(timeout),
        ...(body && { body: JSON.stringify(body) }),
      });
      status = response.status;
      if (status === 401) {
        const { reason } = await response.json().catch(() => ({}));
        return { type: 'gone', reason: reason === 'locked' ? reason : (asReason(reason) ?? 'none') };
      }
      if (response.ok) return { type: 'ok', body: status === 204 ? null : await response.json() };
    } catch {
      // Offline, timed out, or not the server we know: the caller asks again.
    }
    return { type: 'lost', status };
  };
}

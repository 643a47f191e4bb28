import type { Reason } from '../lifetime/lifetime.js';

export type Scope = Window & typeof globalThis;

export type Answer =
  | { type: 'ok'; body: unknown }
  | { type: 'gone'; reason: Reason | 'locked' }
  /** No answer, or none that says anything about the session. */
  | { type: 'lost'; status: number };

/** One request to the server, given up after `timeout` milliseconds. Never throws: what cannot be understood is `lost`. */
export type Call = (
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: object,
  timeout?: number,
) => Promise<Answer>;

export const createCall =
  (scope: Scope, root: string): Call =>
  async (method, path, body, timeout = 5000) => {
    let status = 0;
    try {
      const response = await scope.fetch(root + path, {
        method,
        // A header that no form and no image of another site could send.
        headers: { Nightlatch: '1', 'Content-Type': 'application/json' },
        // The page may be on its way out.
        keepalive: true,
        redirect: 'error',
        // The address of the page is nobody's business.
        referrerPolicy: 'no-referrer',
        signal: AbortSignal.timeout(timeout),
        body: body && JSON.stringify(body),
      } as RequestInit);
      status = response.status;
      const answer = await response.json().catch(() => null);
      if (status === 401) return { type: 'gone', reason: answer?.reason ?? 'none' };
      if (response.ok) return { type: 'ok', body: answer };
    } catch {
      // Offline, timed out, or not the server we know: the caller asks again.
    }
    return { type: 'lost', status };
  };

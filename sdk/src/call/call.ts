import type { Reason } from '../lifetime/lifetime.js';

export type Scope = Window & typeof globalThis;

/** There is no session, or it is locked. */
export interface Gone {
  type: 'gone';
  reason: Reason | 'locked';
  /** Since when, in milliseconds since 1970. */
  ended_at?: number;
  /** Where to sign in. */
  sign_in_url?: string;
}

/** No answer, or none that says anything about the session. */
export interface Lost {
  type: 'lost';
  /** Of what was answered; zero for nothing. */
  status: number;
}

export type Answer = { type: 'ok'; body: unknown } | Gone | Lost;

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
    // `1` says that it is from script, which no form and no image of another site can say; the rest names this question.
    const question = `${1 + Math.random()}`;
    try {
      const response = await scope.fetch(root + path, {
        method,
        headers: { Nightlatch: question, 'Content-Type': 'application/json' },
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
      // A service worker or a proxy may answer with what it has kept. What does not repeat the question is no answer to it.
      if (response.headers.get('Nightlatch') === question) {
        if (status === 401) return { reason: 'none', ...answer, type: 'gone' };
        if (response.ok) return { type: 'ok', body: answer };
      }
    } catch {
      // Offline, timed out, or not the server we know: the caller asks again.
    }
    return { type: 'lost', status };
  };

// Everything that reaches the test application, byte for byte.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

export interface Request {
  at: number;
  method: string;
  /** With the query, as it was sent. */
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** When the answer was complete or the connection cut; infinite before. */
  until: number;
}

export interface Traffic {
  requests: Request[];
  /** To be called with every request, before anybody else reads it. */
  watch(incoming: IncomingMessage, answer: ServerResponse): void;
  /** Those to one browser endpoint, such as `POST activity`. */
  to(endpoint: string): Request[];
}

export function recordTraffic(): Traffic {
  const requests: Request[] = [];
  return {
    requests,
    watch(incoming, answer) {
      const { method, url, headers } = incoming;
      const request: Request = { at: Date.now(), method: method!, url: url!, headers, body: '', until: Infinity };
      requests.push(request);
      incoming.on('data', (chunk: Buffer) => (request.body += chunk.toString()));
      answer.on('close', () => (request.until = Date.now()));
    },
    to: (endpoint) => requests.filter(({ method, url }) => `${method} ${url.split('/')[2]}` === endpoint && url.startsWith('/nightlatch/')),
  };
}

/** How many of the requests are underway at most at the same time, and for how long none is between the first and `end`. */
export function overlap(requests: Request[], end: number): { most: number; none: number } {
  const turns = requests.flatMap(({ at, until }) => [
    { at, step: 1 },
    { at: Math.min(until, end), step: -1 },
  ]);
  // Of two at the same millisecond the end comes first.
  turns.sort((a, b) => a.at - b.at || a.step - b.step);
  let [open, most, none, since] = [0, 0, 0, turns[0]?.at ?? end];
  for (const turn of turns) {
    if (!open) none += turn.at - since;
    open += turn.step;
    most = Math.max(most, open);
    since = turn.at;
  }
  return { most, none: none + (open ? 0 : end - since) };
}

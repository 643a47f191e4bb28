// Everything that the SDK sends, and to whom: to the server of the page's own origin, and nothing but this. Not a key of a
// body may be missing here, none may be more, and no header tells more than the browser itself adds.

type Rule = (value: unknown) => boolean;

const whole: Rule = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
/** 1 to 64 letters, digits, `-` and `_`: drawn by lot when the page opens, or a name that the server gave. */
const name: Rule = (value) => typeof value === 'string' && /^[\w-]{1,64}$/.test(value);
/** Where the page is, without query and fragment. */
const path: Rule = (value) => typeof value === 'string' && /^\/[^?#]*$/.test(value);
/** Chosen by the application: what it is busy with. */
const label: Rule = (value) => typeof value === 'string' && value.length <= 200;

interface Outgoing {
  /** Keys that are always there. */
  body?: Record<string, Rule>;
  /** Keys that may be there. */
  optional?: Record<string, Rule>;
}

/** By method and path below `/nightlatch/`; `{name}` stands for a tab or a hold. */
export const outgoing: Record<string, Outgoing> = {
  // Once per page: the SDK itself, and the clock of hidden pages.
  'GET sdk.js': {},
  'GET worker.js': {},
  'GET frame.js': {},
  'GET sdk/{name}.js': {},
  // How does the session stand, as seen from this page?
  'POST session': { body: {}, optional: { tab: name, path, handle: (value) => value === null || name(value) } },
  'GET events': {},
  // Somebody was there, so many milliseconds ago.
  'POST activity': { body: { age_ms: whole, tab: name, path } },
  // A page is left.
  'DELETE tab/{name}': {},
  // A page is frozen.
  'POST tab/{name}': {},
  // "Stay signed in", and "sign out".
  'POST extend': { body: {} },
  'POST sign-out': { body: {}, optional: { handle: name } },
  // Something does not work in the page: one of the words that `onDiagnostic` knows.
  'POST diagnostic': { body: { code: (value) => /^[a-z-]{1,20}$/.test(`${value}`) } },
  // Long work that the application told of.
  'POST hold': { body: { label, for_ms: whole } },
  'PUT hold/{name}': { body: { for_ms: whole } },
  'DELETE hold/{name}': {},
};

/** Beside these a request has what every request of the browser has. */
const headers = new Set(['nightlatch', 'content-type', 'last-event-id']);
const browser =
  /^(host|connection|content-length|user-agent|accept(-encoding|-language)?|origin|referer|cookie|cache-control|pragma|if-none-match|if-modified-since|priority|sec-.*)$/;

export interface Sent {
  method: string;
  url: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** What is wrong with a request to a browser endpoint; nothing, if all is as it is written above. */
export function undeclared(sent: Sent, prefix = '/nightlatch/'): string[] {
  const wrong: string[] = [];
  const below = sent.url.slice(prefix.length);
  const place = below
    .replace(/^(tab|hold)\/[\w-]{1,64}$/, '$1/{name}')
    .replace(/^sdk\/[\w.-]+\.js$/, 'sdk/{name}.js')
    .replace(/^(sdk|worker|frame)-[\da-f]+\.js$/, '$1.js');
  const route = `${sent.method} ${place}`;
  const rule = outgoing[route];
  if (!rule) return [`${sent.method} ${sent.url} is not declared`];
  for (const header of Object.keys(sent.headers)) {
    if (!headers.has(header) && !browser.test(header)) wrong.push(`${route}: header ${header}`);
  }
  if (!rule.body) return sent.body ? [...wrong, `${route}: has a body`] : wrong;
  const body = JSON.parse(sent.body) as Record<string, unknown>;
  for (const [key, value] of Object.entries(body)) {
    const holds = rule.body[key] ?? rule.optional?.[key];
    if (!holds?.(value)) wrong.push(`${route}: ${key} is ${JSON.stringify(value)}`);
  }
  for (const key of Object.keys(rule.body)) if (!(key in body)) wrong.push(`${route}: no ${key}`);
  return wrong;
}

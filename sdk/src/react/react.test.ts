import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, test } from 'vitest';
import { AutoLogout, useSession, type AutoLogoutProps } from '../react.js';

const render = (props: AutoLogoutProps) => renderToString(createElement(AutoLogout, props));

test('Renders nothing on a server', () => {
  expect(render({})).toBe('');
  expect(render({ onSignOut: () => {} })).toBe('');
});

test('A wrong value is an error while rendering, whether anything would happen or not', () => {
  expect(() => render({ idleTimeoutMinutes: 0.4 })).toThrow(/idleTimeoutMinutes is number 0.4/);
  expect(() => render({ idleTimeoutMinutes: 1, promptBeforeIdleSeconds: 60, enabled: false })).toThrow(/promptBeforeIdleSeconds is number 60.*0…59/);
});

test('The session is unknown on a server, and can be asked in vain', async () => {
  const seen: unknown[] = [];
  const Show = () => {
    const session = useSession({ ticks: true });
    seen.push(session.remaining(), session.extend());
    return createElement('p', null, session.phase);
  };
  expect(renderToString(createElement(Show))).toBe('<p>unknown</p>');
  expect(await Promise.all(seen)).toEqual([null, false]);
});

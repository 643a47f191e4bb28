// @vitest-environment jsdom
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { uploadFetch, type UploadOptions } from './upload.js';

let answer: (request: IncomingMessage, body: string, response: ServerResponse) => void;
const http = createServer(async (request, response) => {
  const open = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': '*', 'Access-Control-Allow-Methods': '*', Connection: 'close' };
  for (const [name, value] of Object.entries({ ...open, 'Access-Control-Expose-Headers': '*' })) response.setHeader(name, value);
  if (request.method === 'OPTIONS') return response.end();
  let body = '';
  for await (const chunk of request) body += chunk;
  answer(request, body, response);
});
let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/upload`;
});
afterAll(() => {
  http.closeAllConnections();
  http.close();
});

const upload = (options?: UploadOptions) =>
  uploadFetch({ request: async () => ({ type: 'lost', status: 0 }), recheck() {} }, options);

test('Sends what fetch would send, and answers what fetch would answer', async () => {
  let seen: unknown;
  answer = ({ method, headers }, body, response) => {
    seen = { method, body, type: headers['content-type'], own: headers['x-own'] };
    response.writeHead(201, 'Created', { 'X-Answer': 'a, b' });
    response.end('{"id":7}');
  };
  const progress: unknown[] = [];
  const options = { onProgress: (now: unknown) => progress.push(now) };
  const init = { method: 'PUT', headers: { 'Content-Type': 'text/csv', 'X-Own': 'yes' }, body: 'a;b' };
  const response = await upload(options)(new URL(url), init);
  expect(seen).toEqual({ method: 'PUT', body: 'a;b', type: 'text/csv', own: 'yes' });
  expect([response.status, response.statusText, response.ok, response.url]).toEqual([201, 'Created', true, url]);
  expect(response.headers.get('x-answer')).toBe('a, b');
  expect(progress.at(-1)).toEqual({ loaded: 3, total: 3 });
});

test('An error of the server is an answer, an answer without a body too', async () => {
  answer = (_, __, response) => response.writeHead(500).end('no');
  expect((await upload()(url, { method: 'POST', body: 'x' })).status).toBe(500);
  answer = (_, __, response) => response.writeHead(204).end();
  expect((await upload()(url, { method: 'POST', body: 'x' })).body).toBeNull();
});

test('Rejects as fetch does', async () => {
  answer = ({ socket }) => socket.destroy();
  await expect(upload()(url, { method: 'POST', body: 'x' })).rejects.toBeInstanceOf(TypeError);
});

test('Refuses what it cannot keep to', async () => {
  const post = { method: 'POST' };
  await expect(upload()(url, { ...post, credentials: 'omit' })).rejects.toThrow('no credentials');
  await expect(upload()(url, { ...post, redirect: 'error' })).rejects.toThrow('redirects');
  await expect(upload()(url, { ...post, body: new ReadableStream() })).rejects.toThrow('stream');
});

test('Is aborted by the signal, before and after it began', async () => {
  const gone = AbortSignal.abort(new Error('changed my mind'));
  await expect(upload()(url, { method: 'POST', body: 'x', signal: gone })).rejects.toThrow('changed my mind');
  const abort = new AbortController();
  answer = () => abort.abort(new Error('too slow'));
  await expect(upload()(url, { method: 'POST', body: 'x', signal: abort.signal })).rejects.toThrow('too slow');
});

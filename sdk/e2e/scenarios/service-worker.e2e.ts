import { expect } from 'vitest';
import type { Tab } from '../drivers/driver.js';
import { happened, pause, state, waitFor, waitForCover, waitUntilOut } from '../stage/page.js';
import { scenario } from '../stage/scenario.js';
import type { Stage } from '../stage/stage.js';

// Applications with a service worker of their own, as it is found in tutorials.

/** Every navigation is answered with the shell that was kept. */
const shell = (page: string) => `
  const kept = caches.open('shell').then(async (cache) => (await cache.match('${page}')) ?? (await cache.add('${page}'), cache.match('${page}')));
  oninstall = (event) => { skipWaiting(); event.waitUntil(kept); };
  onactivate = (event) => event.waitUntil(clients.claim());
  onfetch = (event) => { if (event.request.mode === 'navigate') event.respondWith(caches.match('${page}')); };`;

/** Whatever was fetched once is answered with that for ever; `how` says what is taken for the same request. */
const cacheFirst = (how: string) => `
  oninstall = () => skipWaiting();
  onactivate = (event) => event.waitUntil(clients.claim());
  const fetched = async (request) => {
    const answer = await fetch(request);
    const copy = answer.clone();
    if (request.method === 'GET' && request.mode !== 'navigate') void caches.open('all').then((cache) => cache.put(request, copy));
    return answer;
  };
  onfetch = (event) => event.respondWith(caches.match(event.request, ${how}).then((kept) => kept ?? fetched(event.request)));`;

/** The server's own pages lead to the application. */
const redirects = `
  oninstall = () => skipWaiting();
  onactivate = (event) => event.waitUntil(clients.claim());
  onfetch = (event) => {
    if (event.request.mode === 'navigate' && event.request.url.includes('/nightlatch/')) event.respondWith(Response.redirect('/required'));
  };`;

async function openUnder(stage: Stage, worker: string, path: string): Promise<Tab> {
  stage.server.application.scripts.set('/worker.js', worker);
  const tab = await stage.open(path);
  await tab.evaluate(async () => {
    await navigator.serviceWorker.register('/worker.js');
    if (!navigator.serviceWorker.controller) await new Promise((done) => navigator.serviceWorker.addEventListener('controllerchange', done));
  });
  return tab;
}

/** It stays where it is, covered, and says why, here and to the server. */
async function staysCovered(stage: Stage, tab: Tab): Promise<void> {
  await waitForCover(tab, 'signed-out');
  const documents = () => tab.evaluate(() => performance.timeOrigin);
  const before = await documents();
  await pause(2000);
  expect(await documents()).toBe(before);
  expect(await state(tab)).toMatchObject({ phase: 'ended', cover: 'signed-out' });
  expect((await happened(tab, 'left')).length).toBeLessThanOrEqual(3);
  expect((await happened(tab, 'diagnostic')).length).toBeGreaterThan(0);
  const reported = await stage.server.requests('POST diagnostic');
  expect(reported.map(({ body, status }) => [body, status])).toContainEqual([{ code: 'service-worker' }, 204]);
}

const policy = { idle: 60_000, warnBefore: 3000 };

for (const page of ['/required', '/']) {
  scenario(`A service worker that answers every navigation with ${page === '/' ? 'a shell' : 'a shell that requires a session'} gets one, and a covered page`, { policy }, async (stage) => {
    const tab = await openUnder(stage, shell(page), page);
    await stage.server.end(stage.handle, 'admin');
    await waitFor(tab, () => location.pathname === '/nightlatch/signed-out');
    await staysCovered(stage, tab);
    // Opened anew at another address, too: nobody is signed in.
    if (page === '/') return;
    await tab.goto(stage.server.url('/other'));
    await staysCovered(stage, tab);
  });
}

scenario('A service worker that leads from the signed-out page back to the application makes no loop', { policy }, async (stage) => {
  const tab = await openUnder(stage, redirects, '/required');
  await stage.server.end(stage.handle, 'admin');
  await waitFor(tab, () => window.nightlatch?.state.cover === 'signed-out');
  await staysCovered(stage, tab);
});

/** The worker has kept an answer to `GET session` from when the session was live. */
async function openWithKeptSession(stage: Stage, how: string): Promise<Tab> {
  const tab = await openUnder(stage, cacheFirst(how), '/');
  const kept = () => fetch('/nightlatch/session', { headers: { Nightlatch: '1' } }).then((answer) => answer.status);
  expect(await tab.evaluate(kept)).toBe(200);
  await waitFor(tab, () => caches.match('/nightlatch/session').then(Boolean));
  await tab.evaluate(() => window.nightlatch!.recheck());
  await stage.server.end(stage.handle, 'admin');
  return tab;
}

scenario('What a service worker has kept of the session keeps nobody signed in', { policy: { idle: 6000, warnBefore: 3000 } }, async (stage) => {
  const tab = await openWithKeptSession(stage, '{}');
  await waitUntilOut(tab);
  expect(await happened(tab, 'error')).toEqual([]);
});

scenario('Where a service worker answers every question with what it has kept, the page is hidden at its deadline', { policy: { idle: 6000, warnBefore: 3000 } }, async (stage) => {
  const tab = await openWithKeptSession(stage, '{ ignoreSearch: true, ignoreMethod: true }');
  // Firefox never takes an answer to a question that was posted for one to another, so that the server is heard there.
  const isHidden = () => location.pathname.endsWith('/signed-out') || !!window.nightlatch?.state.cover;
  await waitFor(tab, isHidden);
  await pause(2000);
  expect(await tab.evaluate(isHidden)).toBe(true);
});

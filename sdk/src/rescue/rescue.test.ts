// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createBrowser, pauseDecryption, quiet, type FakePage } from '../../test/fake-page.js';
import type { Draft } from './drafts.js';
// Loaded on demand, and not to be waited for here.
import './keeper.js';
import type { Restored } from './form.js';
import { rescueForm, rescueForms } from './rescue.js';
import { createSeal } from './seal.js';
import type { RescueOptions } from './session.js';

const claim = `<form data-nightlatch-rescue="claim"><input name="what"><textarea name="story"></textarea>
  <input type="checkbox" name="agree"><select name="kind"><option>fire</option><option>water</option></select>
  <input type="password" name="pin"><input name="card" autocomplete="cc-number"></form>`;

type Browser = ReturnType<typeof createBrowser>;
type Where = Parameters<Browser['open']>[1];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A page whose forms are rescued, with the key at hand and every draft looked at. */
async function openPage(browser: Browser, html = claim, where: Where & { options?: RescueOptions } = {}) {
  const page = browser.open(html, where);
  const restored: Restored[] = [];
  const forms = rescueForms(page.nightlatch, undefined, {
    scope: page.scope,
    onRestore: (event) => restored.push(event),
    ...where.options,
  });
  await quiet();
  return { ...page, forms, restored };
}

const drafts = ({ items }: Browser) => Object.values(items);
const stored = async (browser: Browser, count = 1) => {
  await quiet();
  expect(drafts(browser).length).toBe(count);
};
const texts = ({ page }: FakePage) => ['what', 'story'].map((name) => page.querySelector<HTMLInputElement>(`[name=${name}]`)!.value);

/** Types into a page and is signed out for that reason, or just leaves. */
async function typeAndLose(browser: Browser, reason: 'idle' | 'user' | null = 'idle', where: Where = {}) {
  const page = await openPage(browser, claim, where);
  page.type('what', 'a bicycle');
  page.type('story', 'It was raining.');
  vi.advanceTimersByTime(1000);
  await stored(browser);
  if (reason) page.nightlatch.become({ phase: 'ended', cover: 'leaving', reason });
  await quiet();
  page.leave();
  await quiet();
  return page;
}

/** What the drafts say, for those who have the key. */
async function contents(browser: Browser): Promise<Draft[]> {
  const seal = await createSeal(crypto, Buffer.alloc(32, 'ada'), 'ada');
  const opened = drafts(browser).map(async (item) => {
    const [until, text] = item.split('.') as [string, string];
    return JSON.parse((await seal.unseal({ until: Number(until), text }))!) as Draft;
  });
  return Promise.all(opened);
}

test('What was typed is kept within a second, unreadable, and is there again for the same person', async () => {
  const browser = createBrowser();
  const before = await typeAndLose(browser);
  expect(JSON.stringify(browser.items)).not.toMatch(/bicycle|raining|claim|ada|what|story/);
  expect(before.nightlatch.diagnostics).toEqual([]);

  const after = await openPage(browser);
  expect(texts(after)).toEqual(['a bicycle', 'It was raining.']);
  expect(after.restored.map(({ form, fields }) => [form === after.form, fields.map((field) => field.name)])).toEqual([
    [true, ['what', 'story']],
  ]);
});

test('Nothing of it is left for another person, whatever page is opened', async () => {
  const browser = createBrowser();
  await typeAndLose(browser);
  const other = await openPage(browser, '<p>No form</p>', { subject: 'bob', pathname: '/' });
  expect(drafts(browser)).toEqual([]);
  expect(other.nightlatch.diagnostics).toEqual([]);
  expect(texts(await openPage(browser))).toEqual(['', '']);
});

test('Secrets are never kept, and neither is what was not touched', async () => {
  const browser = createBrowser();
  const page = await openPage(browser);
  for (const name of ['pin', 'card', 'what']) page.type(name, `secret ${name}`);
  vi.advanceTimersByTime(1000);
  await stored(browser);
  expect((await contents(browser)).map(({ fields }) => fields)).toEqual([[['what', 'secret what', '']]]);
});

test('Asks for no key where there is neither a form nor a draft', async () => {
  const browser = createBrowser();
  await openPage(browser, '<form name="search"><input name="q"></form>');
  expect(browser.keys).toBe(0);
  await openPage(browser);
  expect(browser.keys).toBe(1);
});

test.each<[string, (page: FakePage) => void]>([
  ['a warning', ({ nightlatch }) => nightlatch.become({ phase: 'warning' })],
  ['a cover', ({ nightlatch }) => nightlatch.become({ cover: 'offline' })],
  ['the lock', ({ nightlatch }) => nightlatch.become({ phase: 'locked', cover: 'locked' })],
  ['the end', ({ nightlatch }) => nightlatch.become({ phase: 'ended', cover: 'leaving', reason: 'admin' })],
  ['hiding the tab', ({ page }) => page.dispatchEvent(new Event('visibilitychange'))],
  ['leaving the page', ({ leave }) => leave()],
])('%s stores at once what is not stored yet', async (_, happens) => {
  const browser = createBrowser();
  const page = await openPage(browser);
  page.type('what', 'x');
  await quiet();
  expect(drafts(browser)).toEqual([]);
  happens(page);
  await stored(browser);
});

describe('Signing out by choice', () => {
  test('destroys every draft, and stores none any more', async () => {
    const browser = createBrowser();
    await typeAndLose(browser, 'user');
    expect(drafts(browser)).toEqual([]);
  });

  test('destroys also what is being encrypted at that moment', async () => {
    const browser = createBrowser();
    const page = await openPage(browser);
    page.type('what', 'x');
    page.leave();
    page.nightlatch.become({ phase: 'ended', cover: 'leaving', reason: 'user' });
    await quiet();
    expect(drafts(browser)).toEqual([]);
  });

  test('destroys at once, before the server has agreed', async () => {
    const browser = createBrowser();
    await typeAndLose(browser);
    const page = await openPage(browser);
    page.type('what', 'more');
    page.nightlatch.become({ cover: 'leaving' });
    expect(drafts(browser)).toEqual([]);
    vi.advanceTimersByTime(1000);
    await quiet();
    expect(drafts(browser)).toEqual([]);
  });

  test('destroys also from a page that has no form, or finds the session ended so', async () => {
    const browser = createBrowser();
    await typeAndLose(browser);
    const page = browser.open('');
    page.nightlatch.become({ phase: 'ended', reason: 'user' });
    rescueForms(page.nightlatch, undefined, { scope: page.scope });
    expect(drafts(browser)).toEqual([]);
  });
});

describe('A form that was', () => {
  test('sent needs no draft any more', async () => {
    const browser = createBrowser();
    const page = await openPage(browser);
    page.type('what', 'x');
    vi.advanceTimersByTime(1000);
    await stored(browser);
    page.form.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
    expect(drafts(browser)).toEqual([]);
    page.leave();
    await quiet();
    expect(drafts(browser)).toEqual([]);
  });

  test('sent while nobody can take it keeps its draft', async () => {
    const browser = createBrowser();
    const page = await openPage(browser);
    page.type('what', 'x');
    page.nightlatch.become({ trouble: true });
    page.form.dispatchEvent(new Event('submit', { bubbles: true }));
    await stored(browser);
  });

  test('sent in vain can be kept again', async () => {
    const browser = createBrowser();
    const page = await openPage(browser);
    page.type('what', 'x');
    page.form.dispatchEvent(new Event('submit', { bubbles: true }));
    await quiet();
    expect(drafts(browser)).toEqual([]);
    await page.forms.of(page.form)!.save();
    expect(drafts(browser).length).toBe(1);
    page.forms.of(page.form)!.discard();
    await quiet();
    expect(drafts(browser)).toEqual([]);
  });

  test('restored and reset is not restored again', async () => {
    const browser = createBrowser();
    await typeAndLose(browser);
    const page = await openPage(browser);
    expect(drafts(browser).length).toBe(1);
    page.form.reset();
    expect(drafts(browser)).toEqual([]);
    expect(texts(page)).toEqual(['', '']);
  });

  test('emptied by hand needs none either', async () => {
    const browser = createBrowser();
    const page = await openPage(browser);
    page.type('what', 'x');
    vi.advanceTimersByTime(1000);
    await stored(browser);
    page.type('what', '');
    vi.advanceTimersByTime(1000);
    await stored(browser, 0);
  });
});

describe('Age', () => {
  test('A draft is gone a day after the last keystroke, key or not', async () => {
    const browser = createBrowser();
    await typeAndLose(browser);
    vi.advanceTimersByTime(86_400_000 - 1001);
    expect(texts(await openPage(browser))).toEqual(['a bicycle', 'It was raining.']);
    vi.advanceTimersByTime(2);
    const late = browser.open('');
    late.nightlatch.become({ phase: 'active' });
    rescueForms(late.nightlatch, undefined, { scope: late.scope });
    expect([drafts(browser), browser.keys]).toEqual([[], 2]);
  });

  test('Restoring makes it no younger, typing does', async () => {
    const browser = createBrowser();
    await typeAndLose(browser);
    const [before] = await contents(browser);
    vi.advanceTimersByTime(3_600_000);
    const page = await openPage(browser);
    vi.advanceTimersByTime(1000);
    await quiet();
    expect(page.restored[0]!.at.getTime()).toBe(before!.at);
    expect(await contents(browser)).toEqual([before]);
    page.type('what', 'a car');
    vi.advanceTimersByTime(1000);
    await quiet();
    expect((await contents(browser)).map(({ at, fields }) => [at - before!.at > 3_600_000, fields.map(([, value]) => value)])).toEqual([
      [true, ['a car', 'It was raining.']],
    ]);
  });
});

describe('A field', () => {
  test('that the page fills otherwise than before is left alone', async () => {
    const browser = createBrowser();
    await typeAndLose(browser);
    const page = browser.open(claim);
    page.field('what').value = 'from elsewhere';
    rescueForms(page.nightlatch, undefined, { scope: page.scope });
    await quiet();
    expect(texts(page)).toEqual(['from elsewhere', 'It was raining.']);
  });

  test('that the page fills as before is restored, by attribute or by script', async () => {
    const browser = createBrowser();
    const filled = () => {
      const page = browser.open(claim.replace('name="what"', 'name="what" value="a car"'));
      page.field('story').value = 'Nothing happened.';
      rescueForms(page.nightlatch, undefined, { scope: page.scope });
      return page;
    };
    const page = filled();
    await quiet();
    page.type('what', '');
    page.type('story', 'Nothing happened. Yet.');
    page.leave();
    await stored(browser);
    const again = filled();
    await quiet();
    expect(texts(again)).toEqual(['', 'Nothing happened. Yet.']);
  });

  test('that the browser had filled is restored into an empty one', async () => {
    const browser = createBrowser();
    const page = browser.open(claim);
    page.field('what').value = 'as it was before the reload';
    rescueForms(page.nightlatch, undefined, { scope: page.scope });
    await quiet();
    page.type('story', 'x');
    page.leave();
    await stored(browser);
    expect(texts(await openPage(browser))).toEqual(['as it was before the reload', 'x']);
  });

  test.each(['before the key is there', 'while drafts are looked at'])('into which somebody types %s keeps that', async (when) => {
    const browser = createBrowser();
    await typeAndLose(browser);
    browser.reachable = false;
    const page = await openPage(browser);
    page.type('what', 'already typed');
    expect(page.nightlatch.diagnostics).toEqual(['rescue: Error: no key: lost']);
    browser.reachable = true;
    const goOn = pauseDecryption();
    vi.advanceTimersByTime(10_000);
    await quiet();
    if (when.startsWith('while')) page.nightlatch.become({ phase: 'warning' });
    await quiet();
    goOn();
    await quiet();
    expect(texts(page)).toEqual(['already typed', 'It was raining.']);
    const [draft, ...others] = await contents(browser);
    expect(draft!.fields.map(([, value]) => value).sort()).toEqual(['It was raining.', 'already typed']);
    expect(others).toEqual([]);
  });

  test('that comes later is filled then, and is not lost in between', async () => {
    const browser = createBrowser();
    await typeAndLose(browser);
    const page = await openPage(browser, '<form data-nightlatch-rescue="claim"><input name="what"><div></div></form>');
    page.type('what', 'a car');
    vi.advanceTimersByTime(1000);
    await quiet();
    expect((await contents(browser))[0]!.fields.map(([name]) => name).sort()).toEqual(['story', 'what']);
    page.page.querySelector('div')!.innerHTML = '<textarea name="story"></textarea>';
    await quiet();
    expect(texts(page)).toEqual(['a car', 'It was raining.']);
  });
});

test('A form with another name, or on another page, gets nothing', async () => {
  const browser = createBrowser();
  await typeAndLose(browser);
  expect(texts(await openPage(browser, claim.replace('"claim"', '"report"')))).toEqual(['', '']);
  expect(texts(await openPage(browser, claim, { pathname: '/other' }))).toEqual(['', '']);
  expect(texts(await openPage(browser))).toEqual(['a bicycle', 'It was raining.']);
});

test('A form that comes later is rescued, and one that goes is left', async () => {
  const browser = createBrowser();
  await typeAndLose(browser);
  const page = await openPage(browser, '<main></main>');
  const main = page.page.querySelector('main')!;
  for (let visit = 0; visit < 2; visit += 1) {
    main.innerHTML = claim;
    await quiet();
    expect(texts(page)).toEqual(['a bicycle', 'It was raining.']);
    expect(page.forms.of(page.page.querySelector('form')!)).toBeDefined();
    main.innerHTML = '';
    await quiet();
  }
  expect(drafts(browser).length).toBe(1);
  page.forms.stop();
  main.innerHTML = claim;
  await quiet();
  expect(texts(page)).toEqual(['', '']);
});

describe('Two tabs with the same form', () => {
  test('do not take each other\'s text', async () => {
    const browser = createBrowser();
    const first = await openPage(browser);
    first.type('what', 'first');
    vi.advanceTimersByTime(1000);
    await stored(browser);
    const second = await openPage(browser);
    expect(texts(second)).toEqual(['', '']);
    second.type('what', 'second');
    vi.advanceTimersByTime(1000);
    await stored(browser, 2);
  });

  test('get one draft each, the newest first', async () => {
    const browser = createBrowser();
    const pages = [];
    for (const text of ['older', 'newer']) {
      const page = await openPage(browser);
      page.type('what', text);
      vi.advanceTimersByTime(1000);
      pages.push(page);
    }
    await stored(browser, 2);
    for (const page of pages) page.leave();
    await quiet();
    const again = await Promise.all([openPage(browser), openPage(browser)]);
    expect(again.map((page) => page.field('what').value).sort()).toEqual(['newer', 'older']);
    expect((await openPage(browser)).field('what').value).toBe('');
  });
});

describe('Without', () => {
  test('storage: the page works, and is told once per cause', async () => {
    const denied = new Proxy({} as Storage, {
      ownKeys: () => expect.fail('denied'),
      get: () => expect.fail('denied'),
    });
    const page = await openPage(createBrowser(), claim, { storage: denied });
    page.type('what', 'x');
    page.leave();
    await quiet();
    expect(new Set(page.nightlatch.diagnostics).size).toBe(1);
    expect(page.nightlatch.diagnostics[0]).toMatch(/^rescue: .*denied/);
  });

  test('a server: the application has the key', async () => {
    const browser = createBrowser();
    let key = new Uint8Array(32).fill(1);
    const options = { key: async () => key };
    const page = await openPage(browser, claim, { subject: null, options });
    page.type('what', 'x');
    page.leave();
    await stored(browser);
    expect((await openPage(browser, claim, { subject: null, options })).field('what').value).toBe('x');
    key = new Uint8Array(32).fill(2);
    expect((await openPage(browser, claim, { subject: null, options })).field('what').value).toBe('');
    expect([drafts(browser), browser.keys]).toEqual([[], 0]);
  });

  test('anybody signed in: nothing is asked, stored or destroyed', async () => {
    const browser = createBrowser();
    await typeAndLose(browser);
    const before = { ...browser.items };
    const page = browser.open(claim);
    page.nightlatch.become({ phase: 'ended', reason: 'none', subject: null });
    rescueForms(page.nightlatch, undefined, { scope: page.scope });
    page.type('what', 'x');
    vi.advanceTimersByTime(1000);
    await quiet();
    expect([browser.items, browser.keys]).toEqual([before, 1]);
  });
});

test('A key for somebody else than the page knows is not used', async () => {
  const browser = createBrowser();
  await typeAndLose(browser);
  const page = browser.open(claim, { subject: 'bob' });
  const { request } = page.nightlatch;
  page.nightlatch.request = async (...call) => {
    const answer = await request(...call);
    return answer.type === 'ok' ? { ...answer, body: { ...answer.body, subject: 'eve' } } : answer;
  };
  rescueForms(page.nightlatch, undefined, { scope: page.scope });
  await quiet();
  expect([drafts(browser).length, texts(page)]).toEqual([1, ['', '']]);
});

test('One form alone can be rescued, until it is left alone', async () => {
  const browser = createBrowser();
  const html = '<form id="claim"><input name="id"><input name="what"></form><input name="outside" form="claim">';
  const open = () => {
    const page = browser.open(html);
    return { ...page, rescue: rescueForm(page.nightlatch, page.form, { scope: page.scope }) };
  };
  const page = open();
  await quiet();
  page.type('outside', 'x');
  vi.advanceTimersByTime(1000);
  await stored(browser);
  page.rescue.stop();
  await quiet();
  page.type('what', 'y');
  vi.advanceTimersByTime(1000);
  const again = open();
  await quiet();
  expect(['outside', 'what'].map((name) => again.field(name).value)).toEqual(['x', '']);
});

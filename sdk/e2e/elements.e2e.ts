// The two elements in a real browser, with a session that is driven by hand: every state, theme and language.
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { calls, openElements, show, type PageOptions, type State } from '../test/elements-page.js';
import { dialog, outButton, stayButton } from './browser.js';
import { launchChromium } from './drivers/chromium.js';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const languages = ['en', 'ar', 'de', 'es', 'fr', 'he', 'it', 'ja', 'nl', 'pl', 'pt', 'zh'];

const warning: Partial<State> = { phase: 'warning', kind: 'idle', onIdle: 'sign-out', canExtend: true, cover: null, trouble: false, extending: false };
const covered = (cover: State['cover'], more: Partial<State> = {}): Partial<State> => ({ ...warning, phase: 'active', cover, ...more });
const states: Record<string, Partial<State>> = {
  idle: warning,
  locking: { ...warning, onIdle: 'lock' },
  unconfirmed: { ...warning, extending: true, trouble: true },
  absolute: { ...warning, kind: 'absolute', canExtend: false },
  'absolute with a way on': { ...warning, kind: 'absolute', canExtend: false, signInUrl: '/sign-in' },
  disconnected: { ...warning, kind: 'disconnected' },
  checking: covered('checking'),
  offline: covered('offline', { trouble: true }),
  locked: covered('locked', { phase: 'locked', signInUrl: '/sign-in' }),
  'step-up': covered('step-up', { signInUrl: '/sign-in' }),
  leaving: covered('leaving'),
  'leaving in vain': covered('leaving', { trouble: true }),
};

let browser: Browser;
let context: BrowserContext;
let said: string[];
beforeAll(async () => void (browser = await launchChromium()));
afterAll(() => browser.close());
beforeEach(async () => {
  context = await browser.newContext();
  said = [];
});
afterEach(() => context.close());

const open = (options: PageOptions = {}) => openElements(context, options, said);
const inWarning = (page: Page, part: string) => page.locator(`nightlatch-warning dialog [part=${part}]`);
const banner = (page: Page) => page.locator('nightlatch-warning [part=banner]');
const badge = (page: Page) => page.locator('nightlatch-status [part~=badge]');

/** The focused element's text or id, through shadow roots. */
const focused = (page: Page) =>
  page.evaluate(() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at?.id && !at.closest('dialog') ? at.id : (at?.textContent ?? '');
  });

/** What every live region was given to say, in order. */
const listen = (page: Page) =>
  page.evaluate(() => {
    const heard: string[] = ((window as any).heard = []);
    const root = document.querySelector('nightlatch-warning')!.shadowRoot!;
    for (const region of root.querySelectorAll('[aria-live],[role=status]')) {
      new MutationObserver((records) => {
        const texts = records.flatMap((record) => [...record.addedNodes]).map((node) => node.textContent!);
        if (texts.length) heard.push(texts.join(' '));
      }).observe(region, { childList: true, characterData: true, subtree: true });
    }
  });
const heard = (page: Page): Promise<string[]> => page.evaluate(() => (window as any).heard);

/** As ticks do: every second down to zero. */
const countDown = (page: Page, from: number) =>
  page.evaluate(async (seconds) => {
    for (let left = seconds; left >= 0; left -= 1) {
      window.driven.show({}, left);
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  }, from);

describe.each([
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['forced colours', { forcedColors: 'active' }],
] as const)('%s', (_, media) => {
  test('axe-core finds nothing in any state and language', { timeout: 240_000 }, async () => {
    const page = await open({ attributes: 'dialog-at="50"' });
    await page.emulateMedia({ ...media, reducedMotion: 'reduce' });
    await page.addScriptTag({ path: axe });
    const found = await page.evaluate(
      async ({ languages, states }) => {
        const found: string[] = [];
        const warning = document.querySelector('nightlatch-warning')!;
        const part = (name: string) => warning.shadowRoot!.querySelector<HTMLElement>(name)!;
        for (const language of languages) {
          document.documentElement.lang = language;
          document.documentElement.dir = /ar|he/.test(language) ? 'rtl' : 'ltr';
          for (const [name, state] of [...states, ['banner', { ...states[0]![1] }] as const]) {
            const seconds = name === 'banner' ? 60 : 47;
            const shown = () => {
              window.driven.show(state, seconds);
              const element = name === 'banner' ? part('.banner') : part('dialog');
              return element.lang.startsWith(language) && element.checkVisibility();
            };
            while (!shown()) await new Promise((resolve) => requestAnimationFrame(resolve));
            const { violations } = await (window as any).axe.run();
            for (const v of violations) found.push(`${language} ${name} ${v.id}: ${v.nodes.map((n: any) => n.target + ' ' + n.failureSummary).join(' | ')}`);
          }
        }
        return found;
      },
      { languages, states: Object.entries(states) },
    );
    expect(found).toEqual([]);
    expect(said).toEqual([]);
  });
});

describe('keyboard', () => {
  test('The focus goes to the way to stay, Tab goes round among the buttons, and afterwards it is back', async () => {
    const page = await open();
    await page.focus('#second');
    await show(page, warning, 40);
    expect(await focused(page)).toBe('Stay signed in');
    const order = [];
    for (const key of ['Tab', 'Tab', 'Tab', 'Shift+Tab']) {
      await page.keyboard.press(key);
      order.push(await focused(page));
    }
    expect(order.some((name) => ['name', 'first', 'second'].includes(name))).toBe(false);
    expect(order).toContain('Sign out now');
    await stayButton(page).press('Enter');
    expect(await calls(page)).toEqual(['extend']);
    await show(page, { phase: 'active' }, 500);
    await expect.poll(() => focused(page)).toBe('second');
  });

  test('Escape asks to stay, however often, and never closes', async () => {
    const page = await open();
    await show(page, warning, 40);
    await page.keyboard.press('Escape');
    await show(page, { extending: true });
    for (let i = 0; i < 3; i += 1) await page.keyboard.press('Escape');
    expect(await calls(page)).toEqual(['extend']);
    expect(await dialog(page).isVisible()).toBe(true);
  });

  test('Escape does nothing with `no-escape`, where staying is not offered, and on a cover', async () => {
    const page = await open({ attributes: 'no-escape' });
    await show(page, warning, 40);
    await page.keyboard.press('Escape');
    await page.evaluate(() => document.querySelector('nightlatch-warning')!.removeAttribute('no-escape'));
    await show(page, states['absolute']!);
    await page.keyboard.press('Escape');
    await show(page, states['offline']!);
    await page.keyboard.press('Escape');
    expect(await calls(page)).toEqual([]);
    expect(await page.getByRole('dialog', { name: 'This page is hidden' }).isVisible()).toBe(true);
  });

  test('Where the focused element has vanished, the focus goes to what is left around it, and leaves no trace', async () => {
    const page = await open();
    await page.focus('#second');
    await show(page, warning, 40);
    await page.evaluate(() => document.querySelector('#second')!.remove());
    await show(page, { phase: 'active' }, 500);
    await expect.poll(() => focused(page)).toBe('around');
    await page.focus('#first');
    expect(await page.getAttribute('#around', 'tabindex')).toBeNull();
  });

  test('The focus is back where it was, after a cover between two warnings as well', async () => {
    const page = await open();
    await page.focus('#first');
    for (const state of [warning, covered('checking'), warning, covered('offline')]) await show(page, state, 40);
    await show(page, { ...warning, phase: 'active' }, 500);
    await expect.poll(() => focused(page)).toBe('first');
  });

  test('The focus goes back into a shadow tree and into a frame', async () => {
    const page = await open({ body: '<div id="host"></div><iframe srcdoc="<button id=inside>Inside</button>"></iframe>' });
    await page.frameLocator('iframe').locator('#inside').waitFor();
    await page.evaluate(() => {
      const root = document.querySelector('#host')!.attachShadow({ mode: 'open' });
      root.append(Object.assign(document.createElement('button'), { id: 'deep' }));
      root.querySelector('button')!.focus();
    });
    await show(page, warning, 40);
    await show(page, { phase: 'active' }, 500);
    await expect.poll(() => focused(page)).toBe('deep');
    await page.frameLocator('iframe').locator('#inside').focus();
    await show(page, warning, 40);
    expect(await focused(page)).toBe('Stay signed in');
    await show(page, { phase: 'active' }, 500);
    await expect.poll(() => page.evaluate(() => document.activeElement!.tagName)).toBe('IFRAME');
    expect(await page.frameLocator('iframe').locator('#inside').evaluate((inside) => inside.ownerDocument.activeElement === inside)).toBe(true);
  });

  test('Whatever has the focus when its button goes, the next one takes it', async () => {
    const page = await open();
    await show(page, warning, 40);
    await show(page, states['absolute']!);
    expect(await focused(page)).toBe('Sign out now');
    await show(page, states['checking']!);
    await show(page, states['locked']!);
    expect(await focused(page)).toBe('Sign in again');
  });
});

describe('announcements', () => {
  test.each([
    ['en', ['30 seconds', '15 seconds', '10 seconds', '5 seconds'], 'You will be signed out in 1 minute.'],
    ['de', ['30 Sekunden', '15 Sekunden', '10 Sekunden', '5 Sekunden'], 'Sie werden in 1 Minute abgemeldet.'],
    ['pl', ['30 sekund', '15 sekund', '10 sekund', '5 sekund'], 'Wylogowanie nastąpi za 1 minutę.'],
    ['ar', ['30 ثانية', '15 ثانية', '10 ثوانٍ', '5 ثوانٍ'], 'سيتم تسجيل خروجك خلال دقيقة واحدة.'],
  ])('%s: at the marks only, in the right number', async (lang, marks, first) => {
    const page = await open({ lang });
    await listen(page);
    await show(page, warning, 60);
    expect(await dialog(page).evaluate((box) => {
      const ids = box.getAttribute('aria-describedby')!.split(' ');
      return ids.map((id) => (box.getRootNode() as ShadowRoot).getElementById(id)!.textContent).join(' ');
    })).toContain(first);
    await countDown(page, 60);
    const all = await heard(page);
    // The first is the dialog's own text, as it opens.
    expect(all.length).toBe(5);
    marks.forEach((mark, i) => expect(all[i + 1]).toContain(lang === 'ar' ? mark.replace(/\d+/, (n) => new Intl.NumberFormat('ar').format(+n)) : mark));
    expect(await inWarning(page, 'time').getAttribute('aria-hidden')).toBe('true');
    expect(await inWarning(page, 'time').textContent()).toMatch(/^[0٠]:[0٠]{2}$/);
  });

  test.each([
    ['en', 'Your session will be locked in 1 minute.', '30 seconds'],
    ['de', 'Ihre Sitzung wird in 1 Minute gesperrt.', '30 Sekunden'],
  ])('%s: where the idle limit locks, nobody is told to be signed out', async (lang, first, mark) => {
    const page = await open({ lang });
    await listen(page);
    await show(page, states['locking']!, 60);
    await expect.poll(() => inWarning(page, 'left').textContent()).toBe(first);
    await countDown(page, 30);
    await expect.poll(async () => (await heard(page)).join()).toContain(first.replace(/1 min\w+/i, mark));
    expect((await heard(page)).join()).not.toMatch(/signed out|abgemeldet/);
    // The absolute limit ends it nevertheless.
    await show(page, { kind: 'absolute' }, 20);
    expect(await inWarning(page, 'left').textContent()).toMatch(/signed out|abgemeldet/);
  });

  test('Says that the session is over, but not on a page that never had one', async () => {
    const page = await open();
    await listen(page);
    await show(page, { phase: 'ended', reason: 'none' });
    expect(await heard(page)).toEqual([]);
    await show(page, { phase: 'active', reason: null }, 500);
    await show(page, { phase: 'ended', reason: 'idle' });
    expect(await heard(page)).toEqual(['You are signed out.']);
  });
});

describe('cover', () => {
  test('Hides the page at once, before anything is drawn', async () => {
    const page = await open();
    for (const name of ['checking', 'offline', 'locked', 'step-up', 'leaving']) {
      const at = await page.evaluate((state) => {
        window.driven.show(state, 40);
        const box = document.querySelector('nightlatch-warning')!.shadowRoot!.querySelector('dialog')!;
        const { backgroundColor } = getComputedStyle(box, '::backdrop');
        return { open: box.matches('.cover:modal'), backgroundColor };
      }, states[name]!);
      expect(at.open, name).toBe(true);
      expect(at.backgroundColor).toMatch(/^rgb\(/);
    }
  });

  test('Signs in again in another tab, and nothing on this page is lost', async () => {
    const page = await open();
    await page.fill('#name', 'unsaved');
    await show(page, states['locked']!);
    const link = page.getByRole('link', { name: 'Sign in again' });
    const href = new URL((await link.getAttribute('href'))!);
    expect([href.pathname, href.searchParams.get('return_to')]).toEqual(['/sign-in', page.url()]);
    const [tab] = await Promise.all([context.waitForEvent('page'), link.click()]);
    expect(await tab.evaluate(() => window.opener).catch(() => null)).toBeNull();
    await show(page, { ...warning, phase: 'active' }, 500);
    expect(await page.inputValue('#name')).toBe('unsaved');
    expect(await page.locator('nightlatch-warning dialog').evaluate((box: HTMLDialogElement) => box.open)).toBe(false);
  });

  test('Without an address, signing in again loads the page anew', async () => {
    const page = await open();
    await show(page, { ...states['locked']!, signInUrl: null });
    await Promise.all([page.waitForEvent('framenavigated'), page.getByRole('link', { name: 'Sign in again' }).click()]);
    expect(context.pages().length).toBe(1);
  });

  test('A step-up can be given up, a lock only left', async () => {
    const page = await open();
    await show(page, states['step-up']!);
    await page.getByRole('button', { name: 'Not now' }).click();
    await show(page, states['locked']!);
    await outButton(page).click();
    expect(await calls(page)).toEqual(['cover', 'signOut']);
  });
});

describe('banner', () => {
  const attributes = 'dialog-at="30"';

  test('Asks without taking the focus, and becomes the dialog', async () => {
    const page = await open({ attributes });
    await page.focus('#name');
    await listen(page);
    await show(page, warning, 90);
    expect(await banner(page).isVisible()).toBe(true);
    expect(await heard(page)).toEqual(['You will be signed out in 1 minute.']);
    expect(await focused(page)).toBe('name');
    await page.keyboard.type('still typing');
    await show(page, {}, 30);
    expect(await banner(page).isVisible()).toBe(false);
    expect(await dialog(page).isVisible()).toBe(true);
    await show(page, { phase: 'active' }, 500);
    await expect.poll(() => focused(page)).toBe('name');
    expect(await page.inputValue('#name')).toBe('still typing');
  });

  test('Stays on request, and goes away on request until the dialog', async () => {
    const page = await open({ attributes });
    await show(page, warning, 90);
    await banner(page).getByRole('button', { name: 'Stay signed in' }).click();
    expect(await calls(page)).toEqual(['extend']);
    await banner(page).getByRole('button', { name: 'Stay signed in' }).press('Escape');
    expect(await banner(page).isVisible()).toBe(false);
    await show(page, {}, 60);
    expect(await banner(page).isVisible()).toBe(false);
    await show(page, {}, 20);
    expect(await dialog(page).isVisible()).toBe(true);
    await show(page, { phase: 'active' }, 500);
    await show(page, warning, 90);
    expect(await banner(page).isVisible()).toBe(true);
  });
});

describe('in the background', () => {
  const away = (page: Page, hidden: boolean) =>
    page.evaluate((value) => void Object.defineProperty(document, 'hidden', { configurable: true, get: () => value }), hidden);
  const icons = (page: Page) => page.evaluate(() => [...document.querySelectorAll('link[rel=icon]')].map((link) => link.getAttribute('href')!));

  test('The title counts down, and is as before afterwards, even if the page changed it meanwhile', async () => {
    const page = await open();
    await show(page, warning, 40);
    expect(await page.title()).toBe('Ledger');
    await away(page, true);
    await show(page, {}, 30);
    expect(await page.title()).toBe('30 seconds left – Ledger');
    await page.evaluate(() => void (document.title = 'Ledger (2)'));
    await show(page, {}, 29);
    expect(await page.title()).toBe('29 seconds left – Ledger (2)');
    await away(page, false);
    await show(page, {}, 28);
    expect(await page.title()).toBe('Ledger (2)');
    expect(await icons(page)).toEqual(['/own.svg']);
  });

  test('The icon counts down where that is asked for, and is taken away again', async () => {
    const page = await open({ attributes: 'favicon' });
    await away(page, true);
    await show(page, warning, 30);
    const [own, drawn] = await icons(page);
    expect(own).toBe('/own.svg');
    expect(decodeURIComponent(drawn!)).toContain('>30</text>');
    await show(page, { phase: 'active' }, 500);
    expect(await icons(page)).toEqual(['/own.svg']);
    await page.evaluate(() => document.querySelector('nightlatch-warning')!.setAttribute('favicon', '/soon.svg'));
    await show(page, warning, 30);
    expect(await icons(page)).toEqual(['/own.svg', '/soon.svg']);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await show(page, {}, 29);
    expect(await icons(page)).toEqual(['/own.svg']);
  });

  test('Nothing of that with `no-countdown`', async () => {
    const page = await open({ attributes: 'no-countdown favicon' });
    await away(page, true);
    await show(page, warning, 30);
    expect(await page.title()).toBe('Ledger');
    expect(await icons(page)).toEqual(['/own.svg']);
  });
});

describe('language', () => {
  const heading = (page: Page) => inWarning(page, 'title').textContent();

  test('Follows the page, the nearest element around, and its own attribute, at once', async () => {
    const page = await open({ lang: 'pt-BR' });
    await show(page, warning, 40);
    expect(await heading(page)).toBe('Você ainda está aí?');
    for (const [selector, lang, text] of [
      ['body', 'nl', 'Bent u er nog?'],
      ['nightlatch-warning', 'he', 'עדיין כאן?'],
      ['nightlatch-warning', 'en-GB', 'Are you still there?'],
      ['nightlatch-warning', 'sv', 'Are you still there?'],
      ['nightlatch-warning', 'ja-JP', 'まだご利用中ですか？'],
    ] as const) {
      await page.evaluate(([where, tag]) => document.querySelector(where)!.setAttribute('lang', tag), [selector, lang] as const);
      await expect.poll(async () => (await show(page, {}), heading(page))).toBe(text);
    }
    expect(said).toEqual([]);
  });

  test('Is right to left where the language is', async () => {
    const page = await open({ lang: 'ar' });
    await show(page, warning, 40);
    const [stay, out] = await Promise.all(['stay', 'sign-out'].map((part) => inWarning(page, part).boundingBox()));
    expect(stay!.x).toBeGreaterThan(out!.x);
    expect(await dialog(page).evaluate((box) => getComputedStyle(box).direction)).toBe('rtl');
  });

  test('Is that of the browser where the page names none', async () => {
    await context.close();
    context = await browser.newContext({ locale: 'fr-CA' });
    const page = await openElements(context, { lang: '', missing: /nothing/ }, said);
    await show(page, warning, 40);
    await expect.poll(async () => (await show(page, {}), heading(page))).toMatch(/^Êtes-vous toujours là/);
  });

  test('Is English if the file cannot be had, and each element says so once', async () => {
    const page = await open({ lang: 'de', missing: /\/de-/ });
    await show(page, warning, 40);
    await expect.poll(() => said.filter((text) => text.startsWith('warning: nightlatch:')).length).toBe(2);
    await show(page, {}, 30);
    expect(await heading(page)).toBe('Are you still there?');
    expect(said.filter((text) => text.startsWith('uncaught'))).toEqual([]);
  });

  test('Own words come before those of the language', async () => {
    const page = await open({ lang: 'de' });
    await page.evaluate(() => void (document.querySelector('nightlatch-warning')!.messages = { idle: ['Noch am Platz?'] }));
    await show(page, warning, 40);
    expect(await heading(page)).toBe('Noch am Platz?');
    expect(await inWarning(page, 'stay').textContent()).toBe('Angemeldet bleiben');
  });
});

test('Without its other part the dialog still asks, counts, covers and gives the focus back', async () => {
  const page = await open({ missing: /aside|languages/ });
  await page.focus('#second');
  await show(page, warning, 40);
  expect(await focused(page)).toBe('Stay signed in');
  expect(await inWarning(page, 'time').textContent()).toBe('0:40');
  await show(page, { phase: 'active' }, 500);
  expect(await focused(page)).toBe('second');
});

test('A strict policy has nothing to complain about', async () => {
  const csp = "default-src 'self'; style-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'";
  const page = await open({ csp, lang: 'de', attributes: 'dialog-at="50"' });
  for (const seconds of [60, 40]) await show(page, warning, seconds);
  expect(await inWarning(page, 'title').textContent()).toBe('Sind Sie noch da?');
  expect(said).toEqual([]);
});

test('Comes back when the page closes it, and goes when it is taken out', async () => {
  const page = await open();
  await show(page, warning, 40);
  await page.evaluate(() => document.querySelector('nightlatch-warning')!.shadowRoot!.querySelector('dialog')!.close());
  await expect.poll(() => dialog(page).isVisible()).toBe(true);
  await page.evaluate(() => {
    const element = document.querySelector('nightlatch-warning')!;
    element.remove();
    window.driven.show({}, 30);
    document.body.append(element);
  });
  expect(await dialog(page).isVisible()).toBe(true);
});

describe.each(languages)('%s', (lang) => {
  test('Fits 320 pixels at double text size, with room for a finger', async () => {
    const page = await open({ lang, attributes: 'dialog-at="50"' });
    await page.setViewportSize({ width: 320, height: 480 });
    await page.addStyleTag({ content: 'html{font-size:200%}' });
    for (const [name, state] of [...Object.entries(states), ['banner', warning] as const]) {
      await show(page, state, name === 'banner' ? 60 : 47);
      const box = name === 'banner' ? banner(page) : page.locator('nightlatch-warning dialog');
      const fits = await box.evaluate((element) => {
        const { left, right, top, bottom } = element.getBoundingClientRect();
        const buttons = [...element.querySelectorAll('button, a')].filter((button) => button.checkVisibility());
        return {
          inside: left >= 0 && right <= innerWidth && top >= 0 && bottom <= innerHeight,
          sideways: element.scrollWidth > element.clientWidth || document.documentElement.scrollWidth > innerWidth,
          small: buttons.filter((button) => Math.min(button.clientWidth, button.clientHeight) < 42).length,
        };
      });
      expect(fits, name).toEqual({ inside: true, sideways: false, small: 0 });
    }
  });
});

describe('badge', () => {
  test('Says how the session stands, and how long it lasts', async () => {
    const page = await open();
    for (const [state, seconds, text] of [
      [{ phase: 'active' }, 7500, 'Signed in · 2 hr 5 min'],
      [{}, 720, 'Signed in · 12 min'],
      [warning, 45, 'Signed in · 45 sec'],
      [{ trouble: true }, 44, 'No connection · 44 sec'],
      [{ phase: 'locked', trouble: false }, 44, 'Locked'],
      [{ phase: 'ended' }, 44, 'Signed out'],
    ] as [Partial<State>, number, string][]) {
      await show(page, state, seconds);
      expect(await badge(page).textContent()).toBe(text);
    }
    await show(page, { phase: 'unknown' });
    expect(await badge(page).isVisible()).toBe(false);
  });

  test('Counts by itself while it can be seen, in its language, and speaks to nobody', async () => {
    const page = await open({ lang: 'pl' });
    await page.evaluate(() => {
      const end = performance.now() + 30_000;
      window.driven.remaining = () => end - performance.now();
    });
    await show(page, { phase: 'active' });
    expect(await badge(page).textContent()).toMatch(/^Zalogowano · \d+ s/);
    const first = await badge(page).textContent();
    await expect.poll(() => badge(page).textContent()).not.toBe(first);
    expect(await page.locator('nightlatch-status').evaluate((host) => host.shadowRoot!.querySelectorAll('[aria-live],[role]').length)).toBe(0);
  });
});

// What a person sees of a page that was put away when it is taken out again, told by pictures of the screen: a page may be drawn
// before it runs.
import { afterEach, describe, expect, test } from 'vitest';
import type { Tab } from './plain-chromium.js';
import type { RealServer } from './real-server.js';
import { passing, real, setPlainStage, type PlainStage } from './plain-stage.js';

const colour = () => {
  const paint = () => {
    if (!document.documentElement) return;
    document.documentElement.style.background = '#ff00ff';
    watching.disconnect();
  };
  const watching = new MutationObserver(paint);
  watching.observe(document, { childList: true });
  paint();
};

describe.skipIf(!real)('Pictures of the screen, in Chromium', () => {
  let stage: PlainStage;
  let tab: Tab;
  let frames: string[];
  afterEach(() => stage.close());

  const application = () => (stage.server as RealServer).application;

  const set = async (headers: Record<string, string>, switches: string[] = [], path = '/') => {
    stage = await setPlainStage({ policy: { idle: 60_000 }, headers }, switches);
    application().inject(colour);
    tab = await stage.open(path, 'tab', 'nothing');
    frames = [];
    tab.protocol.on('Page.screencastFrame', ({ data, sessionId }) => {
      frames.push(data);
      void tab.protocol.send('Page.screencastFrameAck', { sessionId }).catch(() => {});
    });
    await tab.protocol.send('Page.startScreencast', { format: 'png', everyNthFrame: 1 });
    // The pictures can tell: the page is there, and is seen.
    await expect.poll(secrets).toContain(true);
  };

  /** Of each picture so far, whether it shows the secret. */
  async function secrets(): Promise<boolean[]> {
    const judge = (await stage.chromium.browser.pages())[0]!;
    return judge.evaluate(async (pictures) => {
      const shows = async (picture: string) => {
        const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
        const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
        canvas.drawImage(bitmap, 0, 0);
        const { data } = canvas.getImageData(0, 0, bitmap.width, bitmap.height);
        for (let i = 0; i < data.length; i += 4) if (data[i]! > 240 && data[i + 1]! < 16 && data[i + 2]! > 240) return true;
        return false;
      };
      const seen = [];
      for (const picture of pictures) seen.push(await shows(picture));
      return seen;
    }, frames);
  }

  const documents = (path: string) => stage.traffic.requests.filter(({ url }) => url === path).length;
  /** Leaves for another page, until that one is what is seen. */
  const away = async () => {
    await tab.page.goto(stage.server.url('/blank'));
    await expect.poll(async () => (await secrets()).at(-1)).toBe(false);
  };
  const back = () => tab.page.evaluate(() => void setTimeout(() => history.back(), 0));
  const arrived = () => tab.page.waitForFunction(() => location.pathname === '/nightlatch/signed-out', { polling: 50, timeout: 15_000 });

  test('Going back to a page that may be stored and needs a session, after an end elsewhere, shows nothing of it', async () => {
    await set({ 'Cache-Control': 'max-age=600' }, [], '/required');
    await away();
    await stage.server.end(stage.handle, 'admin');
    const loaded = documents('/required');
    frames.length = 0;
    await back();
    await arrived();
    await passing(300);
    // The application was not asked for it again.
    expect(documents('/required')).toBe(loaded);
    expect(frames.length).toBeGreaterThan(0);
    expect(await secrets()).not.toContain(true);
  });

  test('Going back to a page that is kept as it is, after an end elsewhere, shows its last picture at most', async () => {
    await set({});
    await away();
    await stage.server.end(stage.handle, 'admin');
    const loaded = documents('/');
    frames.length = 0;
    await back();
    await arrived();
    await passing(300);
    // Out of the back/forward cache: the browser shows what it drew last until the page, which is covered, has drawn anew.
    expect(documents('/')).toBe(loaded);
    expect((await secrets()).slice(1)).not.toContain(true);
  });

  test('Going back to a page of a session that lives shows it again once the server has answered', async () => {
    await set({});
    await away();
    frames.length = 0;
    await back();
    await expect.poll(async () => (await secrets()).at(-1)).toBe(true);
  });

  test('A page that wakes from being frozen shows nothing of itself after an end elsewhere', async () => {
    await set({});
    const other = await stage.elsewhere();
    await tab.protocol.send('Page.setWebLifecycleState', { state: 'frozen' });
    await stage.server.end(stage.handle, 'admin');
    await passing(500);
    frames.length = 0;
    await tab.page.bringToFront();
    await arrived();
    await passing(300);
    expect(await secrets()).not.toContain(true);
    await other.page.close();
  });

  test('A page out of the HTTP cache whose SDK comes late shows nothing before it is there', async () => {
    const cached = { 'Cache-Control': 'max-age=600' };
    await set(cached, ['--disable-features=BackForwardCache'], '/required');
    await away();
    await stage.server.end(stage.handle, 'admin');
    const loaded = documents('/required');
    frames.length = 0;
    application().lag = 1500;
    await back();
    await arrived();
    await passing(300);
    expect(documents('/required')).toBe(loaded);
    expect(await secrets()).not.toContain(true);
  });
});

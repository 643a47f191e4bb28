// The script of the page that e2e/rescue.e2e.ts opens: a form that is rescued, and an upload.
import type { Answer } from '../src/call/call.js';
import { createNightlatch, rescueForms, uploadFetch } from '../src/index.js';
import type { Nightlatch } from '../src/index.js';

declare global {
  interface Window {
    page: { restored: string[]; diagnostics: string[]; nightlatch: Nightlatch; upload(megabytes: number): Promise<unknown>; uploaded?: unknown };
  }
}

const diagnostics: string[] = [];
const nightlatch = createNightlatch();
const session = await asSession(nightlatch);
const restored: string[] = [];

rescueForms(session, undefined, { onRestore: ({ fields }) => restored.push(...fields.map(({ name }) => name)) });
nightlatch.start();

window.page = {
  restored,
  diagnostics,
  nightlatch,
  async upload(megabytes) {
    const send = uploadFetch(session, { label: 'test', lease: 3000 });
    // As of a file: the bytes are not handed to whoever watches the browser.
    const file = new Blob([new Uint8Array(megabytes << 20)]);
    const response = await send('/upload', { method: 'POST', body: file });
    return (window.page.uploaded = await response.json());
  },
};

/** What `createNightlatch` does not give yet, as far as it is needed here. */
async function asSession(nightlatch: Nightlatch) {
  const request = async (method: string, path: string, body?: object): Promise<Answer> => {
    const headers = { Nightlatch: '1', 'Content-Type': 'application/json' };
    const response = await fetch(`/nightlatch/${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    if (response.status === 204) return { type: 'ok', body: null };
    return response.ok ? { type: 'ok', body: await response.json() } : { type: 'lost', status: response.status };
  };
  const answer = await request('GET', 'session');
  const { subject } = answer.type === 'ok' ? (answer.body as { subject: string }) : { subject: null };
  return {
    get state() {
      return { ...nightlatch.state, subject };
    },
    request,
    recheck: () => dispatchEvent(new Event('online')),
    subscribe: (listener: () => void) => nightlatch.subscribe(listener),
    diagnose: (code: string, detail: string) => {
      if (!diagnostics.some((said) => said.startsWith(code))) diagnostics.push(`${code}: ${detail}`);
    },
  };
}

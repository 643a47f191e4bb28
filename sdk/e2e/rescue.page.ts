// The script of the page that e2e/rescue.e2e.ts opens: a form that is rescued, and an upload.
import { createNightlatch, rescueForms, uploadFetch } from '../src/index.js';
import type { Nightlatch } from '../src/index.js';

declare global {
  interface Window {
    page: { restored: string[]; diagnostics: string[]; nightlatch: Nightlatch; upload(megabytes: number): Promise<unknown>; uploaded?: unknown };
  }
}

const diagnostics: string[] = [];
const nightlatch = createNightlatch({ onDiagnostic: ({ code, detail }) => diagnostics.push(`${code}: ${detail}`) });
const restored: string[] = [];

rescueForms(nightlatch, undefined, { onRestore: ({ fields }) => restored.push(...fields.map(({ name }) => name)) });
nightlatch.start();

window.page = {
  restored,
  diagnostics,
  nightlatch,
  async upload(megabytes) {
    const send = uploadFetch(nightlatch, { label: 'test', lease: 3000 });
    // As of a file: the bytes are not handed to whoever watches the browser.
    const file = new Blob([new Uint8Array(megabytes << 20)]);
    const response = await send('/upload', { method: 'POST', body: file });
    return (window.page.uploaded = await response.json());
  },
};

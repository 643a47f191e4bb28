// What `<script type="module" src="/nightlatch/sdk.js"></script>` does: everything, with nothing to configure.
import './element.js';
import type { Nightlatch } from './nightlatch/contract.js';
import { createNightlatch } from './nightlatch/nightlatch.js';

declare global {
  interface Window {
    nightlatch?: Nightlatch;
  }
}

if (!window.nightlatch) {
  const nightlatch = createNightlatch({
    base: new URL('.', import.meta.url).href,
    required: document.documentElement.dataset['nightlatch'] === 'required',
  });
  window.nightlatch = nightlatch;
  if (!document.querySelector('nightlatch-warning')) {
    (document.body ?? document.documentElement).append(document.createElement('nightlatch-warning'));
  }
  for (const element of document.querySelectorAll('nightlatch-warning')) element.nightlatch = nightlatch;
  nightlatch.start();
}

// What `<script type="module" src="/nightlatch/sdk.js"></script>` does: everything, with nothing to configure.
import './element.js';
import './status.js';
import { hold, withHold, type Hold, type HoldRequest } from './hold/hold.js';
import { isKept } from './kept/kept.js';
import type { Nightlatch } from './nightlatch/contract.js';
import { rescueForms } from './rescue/rescue.js';
import { stepUp } from './step-up/step-up.js';
import { createNightlatch } from './nightlatch/nightlatch.js';

/** What pages find as `window.nightlatch`: with what the package offers as functions as methods. */
export interface ServedNightlatch extends Nightlatch {
  /** Keeps the session from idling for a while; nothing if the server refused. */
  hold(request: HoldRequest): Promise<Hold | undefined>;
  /** Keeps the session from idling until the work is done, at most `max` milliseconds (an hour). */
  withHold<T>(work: Promise<T>, options: { label: string; max?: number }): Promise<T>;
  /** Hides the page until the person has authenticated again; false if that was given up. */
  stepUp(): Promise<boolean>;
}

declare global {
  interface Window {
    nightlatch?: ServedNightlatch;
  }
}

if (!window.nightlatch) {
  const { dataset } = document.documentElement;
  // On the root element, or on the script.
  const required = !!document.querySelector('[data-nightlatch=required]');
  const base = new URL('.', import.meta.url).href;
  const core = createNightlatch({
    base,
    required,
    // A page that stands where the server's own should is none to be seen, either.
    covered: (required && isKept(window)) || location.href.startsWith(`${base}signed-out`),
    frames: dataset['nightlatchFrames']?.split(' ') ?? [],
  });
  const nightlatch: ServedNightlatch = Object.assign(core, {
    hold: (request: HoldRequest) => hold(core, request),
    withHold: <T>(work: Promise<T>, options: { label: string; max?: number }) => withHold(core, work, options),
    stepUp: () => stepUp(core),
  });
  window.nightlatch = nightlatch;
  if (!document.querySelector('nightlatch-warning')) {
    // Beside the body, which applications replace.
    document.documentElement.append(document.createElement('nightlatch-warning'));
  }
  for (const element of document.querySelectorAll('nightlatch-warning')) element.nightlatch = nightlatch;
  // Loads the rest of it where there is such a form.
  rescueForms(nightlatch);
  nightlatch.start();
}

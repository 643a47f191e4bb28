import type { Scope } from '../call/call.js';
import type { Rescue } from './form.js';
import type { Keeper, Standing } from './keeper.js';
import type { RescueOptions, RescueSession } from './session.js';
import { openShelf } from './shelf.js';

export interface RescuedForms {
  /** The rescue of one of the forms. */
  of(form: HTMLFormElement): Rescue | undefined;
  /** Leaves all forms alone from now on. Their drafts stay for the next time. */
  stop(): void;
}

/** The small part that every page has. The rest is loaded once there is a form, or a draft to look at. */
function openRescue(nightlatch: RescueSession, options: RescueOptions) {
  const scope = options.scope ?? (globalThis as unknown as Scope);
  const diagnose = (detail: string) => nightlatch.diagnose('rescue', detail);
  const shelf = openShelf(scope, options.application ?? '', diagnose);
  let keeper: Promise<Keeper | void> | undefined;

  const standing = (): Standing => {
    const { phase, cover, reason } = nightlatch.state;
    // Here, or in another tab.
    if (reason === 'user' || (cover === 'leaving' && phase !== 'ended')) return 'signing out';
    return phase === 'active' || phase === 'warning' ? 'signed in' : phase === 'ended' ? 'over' : 'away';
  };
  const load = () =>
    (keeper ??= import('./keeper.js')
      .then(({ createKeeper }) => createKeeper({ nightlatch, options, scope, shelf, standing }))
      .catch((error) => diagnose(`${error}`)));

  const look = () => {
    // Whoever chooses to leave may leave the computer to somebody else.
    if (standing() === 'signing out') shelf.clear();
    else if (!keeper && standing() === 'signed in' && shelf.names().length) void load();
  };
  const unsubscribe = nightlatch.subscribe(look);
  look();

  return {
    scope,
    add(form: HTMLFormElement): Rescue {
      const kept = load().then((keeper) => keeper?.add(form));
      return {
        save: async () => (await kept)?.save(),
        discard: () => void kept.then((form) => form?.discard()),
        stop: () => void kept.then(async (form) => form && (await keeper)?.remove(form)),
      };
    },
    stop() {
      unsubscribe();
      void keeper?.then((keeper) => keeper?.stop());
    },
  };
}

/**
 * Keeps what is typed into this form, encrypted, so that it is there again when the same person has signed in again and
 * opens the same page. The form's name is `data-nightlatch-rescue`, else `name`, else `id`.
 */
export function rescueForm(nightlatch: RescueSession, form: HTMLFormElement, options: RescueOptions = {}): Rescue {
  const rescue = openRescue(nightlatch, options);
  return { ...rescue.add(form), stop: rescue.stop };
}

/** The same for every `<form data-nightlatch-rescue="name">` under `root`, the document if left out, now and later. */
export function rescueForms(nightlatch: RescueSession, root?: Node & ParentNode, options: RescueOptions = {}): RescuedForms {
  const rescue = openRescue(nightlatch, options);
  const within = root ?? rescue.scope.document;
  const rescued = new Map<HTMLFormElement, Rescue>();

  const look = () => {
    for (const [form, { stop }] of rescued) {
      if (form.isConnected) continue;
      stop();
      rescued.delete(form);
    }
    for (const form of within.querySelectorAll<HTMLFormElement>('form[data-nightlatch-rescue]')) {
      if (!rescued.has(form)) rescued.set(form, rescue.add(form));
    }
  };
  const growth = new rescue.scope.MutationObserver(look);
  growth.observe(within, { childList: true, subtree: true });
  look();

  return {
    of: (form) => rescued.get(form),
    stop() {
      growth.disconnect();
      rescue.stop();
    },
  };
}

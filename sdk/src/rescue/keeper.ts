import type { Scope } from '../call/call.js';
import { sweep } from './drafts.js';
import { keepForm, type KeptForm } from './form.js';
import { createSeal, toBytes, type Seal } from './seal.js';
import type { RescueOptions, RescueSession } from './session.js';
import type { Shelf } from './shelf.js';

const DAY = 86_400_000;
/** A key that could not be had is asked for again after this. */
const PAUSE = 10_000;

/** Everything that the forms of one page share: who is signed in, and what happens to drafts when that changes. */
export interface Keeper {
  add(form: HTMLFormElement): KeptForm;
  remove(form: KeptForm): void;
  stop(): void;
}

/** How the session stands: `away` is not known yet, or locked; `over` is without anybody having chosen it. */
export type Standing = 'signed in' | 'away' | 'over' | 'signing out';

export interface Surroundings {
  nightlatch: RescueSession;
  options: RescueOptions;
  scope: Scope;
  shelf: Shelf;
  standing(): Standing;
}

export function createKeeper({ nightlatch, options, scope, shelf, standing }: Surroundings): Keeper {
  const { maxAge = DAY, key, onRestore } = options;
  const forms = new Set<KeptForm>();
  let seal: Seal | undefined;
  let asking = false;
  let stopped = false;
  const isSignedIn = () => standing() === 'signed in';

  async function secret(subject: string | null): Promise<Uint8Array | CryptoKey> {
    if (key) return key();
    const answer = await nightlatch.request('GET', 'draft-key');
    const body = Object(answer.type === 'ok' && answer.body) as { key?: unknown; subject?: unknown };
    if (body.subject !== subject) throw new Error(`no key: ${answer.type}`);
    return toBytes(`${body.key}`);
  }

  async function unlock(): Promise<void> {
    if (seal || asking) return;
    asking = true;
    const { subject } = nightlatch.state;
    try {
      const mine = await createSeal(scope.crypto, await secret(subject), subject);
      if (isSignedIn() && nightlatch.state.subject === subject) {
        seal = mine;
        await restore([...forms]);
      }
      asking = false;
    } catch (error) {
      if (isSignedIn()) nightlatch.diagnose('rescue', `${error}`);
      scope.setTimeout(() => {
        asking = false;
        look();
      }, PAUSE);
    }
  }

  async function restore(into: KeptForm[]): Promise<void> {
    if (!seal) return unlock();
    const found = await sweep(shelf, seal);
    for (const form of into) {
      await form.restore(found);
      await form.flush();
    }
  }

  function look(): void {
    if (stopped) return;
    const now = standing();
    for (const form of forms) {
      if (now === 'signing out') form.discard();
      else void form.flush();
    }
    if (now === 'signed in') void unlock();
    // What is being stored at this moment has the seal already.
    else if (now !== 'away') seal = undefined;
  }

  const unsubscribe = nightlatch.subscribe(look);
  look();

  return {
    add(form) {
      const kept = keepForm(form, {
        scope,
        shelf,
        name: form.dataset['nightlatchRescue'] || form.getAttribute('name') || form.id,
        maxAge,
        seal: () => seal,
        arrives: () => isSignedIn() && !nightlatch.state.trouble,
        onRestore,
      });
      forms.add(kept);
      if (isSignedIn()) void restore([kept]);
      return kept;
    },
    remove(form) {
      form.stop();
      forms.delete(form);
    },
    stop() {
      stopped = true;
      unsubscribe();
      for (const form of forms) form.stop();
    },
  };
}

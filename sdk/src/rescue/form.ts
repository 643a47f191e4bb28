import type { Scope } from '../call/call.js';
import { occupy, takeOver, type Draft, type Found } from './drafts.js';
import { canHold, fieldsOf, read, standard, write, type Field, type Value } from './fields.js';
import type { Seal } from './seal.js';
import type { Shelf } from './shelf.js';

/** How far what is kept may be behind what is typed, in milliseconds. */
const BEHIND = 500;

export interface Restored {
  form: HTMLFormElement;
  /** The fields that were filled. */
  fields: Field[];
  /** When it was typed. */
  at: Date;
}

declare global {
  interface HTMLElementEventMap {
    'nightlatch-restore': CustomEvent<Restored>;
  }
}

/** One form whose draft is kept. */
export interface Rescue {
  /** Keeps what is in the form now; for a form that was sent in vain. Resolves once it is stored. */
  save(): Promise<void>;
  /** Destroys the draft; for a form that was sent by a script, or given up. Typing begins a new one. */
  discard(): void;
  /** Leaves the form alone from now on. Its draft stays for the next time. */
  stop(): void;
}

export interface KeptForm extends Rescue {
  /** Stores what is not stored yet. */
  flush(): Promise<void>;
  /** Takes over the newest draft of this form that no open page is at work on. */
  restore(found: Found[]): Promise<void>;
}

export interface Keeping {
  scope: Scope;
  shelf: Shelf;
  name: string;
  maxAge: number;
  /** Nothing while nobody is signed in. */
  seal(): Seal | undefined;
  /** Whether what is sent now will arrive, as far as is known. */
  arrives(): boolean;
  onRestore: ((restored: Restored) => void) | undefined;
}

export function keepForm(form: HTMLFormElement, keeping: Keeping): KeptForm {
  const { scope, shelf, name, maxAge, onRestore } = keeping;
  const { locks } = scope.navigator;
  const path = scope.location.pathname;
  const place = shelf.name();
  let leave = occupy(locks, place);
  const stopped = new AbortController();
  /** What the page, or the browser, had put into the fields. */
  const before = new WeakMap<Field, Value>();
  /** Names of fields that the draft is about, even if they hold what they held before. */
  const kept = new Set<string>();
  /** What is to be filled in once its field is there. */
  const waiting = new Map<string, Draft['fields'][number]>();
  let typedAt = 0;
  let draftedAt = 0;
  let dirty = false;
  let filling = false;
  let version = 0;
  let timer = 0;

  function fields(): Map<string, Field> {
    const all = fieldsOf(form);
    for (const field of all.values()) if (!before.has(field)) before.set(field, read(field));
    return all;
  }

  function contents(): Draft['fields'] {
    const changed = new Map(waiting);
    for (const [name, field] of fields()) {
      const value = read(field);
      const was = before.get(field)!;
      if (value !== was || kept.has(name) || (standard(field) ?? value) !== value) changed.set(name, [name, value, was]);
    }
    return [...changed.values()];
  }

  async function flush(): Promise<void> {
    const seal = keeping.seal();
    if (!dirty || !seal) return;
    dirty = false;
    scope.clearTimeout(timer);
    timer = 0;
    const mine = ++version;
    const draft: Draft = { form: name, path, at: typedAt, fields: contents() };
    if (!draft.fields.length) return shelf.remove(place);
    const sealed = await seal.seal(JSON.stringify(draft), typedAt + maxAge);
    // Unless there is something newer, or nothing any more.
    if (mine === version) shelf.put(place, sealed);
  }

  function typed(): void {
    dirty = true;
    typedAt = Date.now();
    timer ||= scope.setTimeout(() => {
      timer = 0;
      void flush();
    }, BEHIND);
  }

  function discard(): void {
    version += 1;
    dirty = false;
    kept.clear();
    waiting.clear();
    shelf.remove(place);
  }

  /** Fills what is still as the page made it. */
  function fill(): void {
    const empty: [Field, Value][] = [];
    for (const [name, field] of fields()) {
      const [, value, was] = waiting.get(name) ?? [];
      if (value === undefined || !canHold(field, value)) continue;
      waiting.delete(name);
      kept.add(name);
      const now = read(field);
      if (now !== value && (now === was || now === standard(field))) empty.push([field, value]);
    }
    if (!empty.length) return;
    // Filling in is not typing: the draft grows no younger by it.
    filling = true;
    for (const [field, value] of empty) write(field, value);
    filling = false;
    const restored: Restored = { form, fields: empty.map(([field]) => field), at: new Date(draftedAt) };
    form.dispatchEvent(new CustomEvent('nightlatch-restore', { bubbles: true, composed: true, detail: restored }));
  }

  async function restore(found: Found[]): Promise<void> {
    const mine = found.filter(([, draft]) => draft.form === name && draft.path === path).sort(([, a], [, b]) => b.at - a.at);
    for (const [from, draft] of mine) {
      if (stopped.signal.aborted) return;
      if (!(await takeOver(shelf, locks, from, place))) continue;
      for (const field of draft.fields) waiting.set(field[0], field);
      draftedAt = draft.at;
      // What was stored meanwhile has just been replaced.
      dirty = typedAt > 0;
      return fill();
    }
  }

  const on = (target: EventTarget, types: string, listener: (event: Event) => void) => {
    for (const type of types.split(' ')) target.addEventListener(type, listener, { capture: true, signal: stopped.signal });
  };
  // The root hears fields outside of the form that belong to it.
  const root = form.getRootNode();
  on(root, 'input change', ({ target }) => {
    if (!filling && (target as Field).form === form) typed();
  });
  on(root, 'submit reset', ({ target, type }) => {
    if (target !== form) return;
    if (type === 'reset' || keeping.arrives()) discard();
  });
  if (onRestore) on(form, 'nightlatch-restore', (event) => onRestore((event as CustomEvent<Restored>).detail));
  on(scope, 'pagehide', () => {
    void flush();
    leave();
  });
  on(scope, 'pageshow', (event) => {
    if ((event as PageTransitionEvent).persisted) leave = occupy(locks, place);
  });
  on(scope.document, 'visibilitychange', flush);
  // Fields that come later are filled later.
  const growth = new scope.MutationObserver(fill);
  growth.observe(form, { childList: true, subtree: true });
  fields();

  return {
    flush,
    restore,
    discard,
    save() {
      typed();
      return flush();
    },
    stop() {
      void flush();
      stopped.abort();
      growth.disconnect();
      leave();
    },
  };
}

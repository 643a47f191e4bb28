import type { Value } from './fields.js';
import type { Seal } from './seal.js';
import type { Shelf } from './shelf.js';

/** What somebody has typed into a form and not sent. */
export interface Draft {
  form: string;
  path: string;
  /** When it was typed, by the wall clock. */
  at: number;
  /** Name, content, and what was in the field before. */
  fields: [name: string, value: Value, before: Value][];
}

/** A draft and the name under which it lies on the shelf. */
export type Found = [name: string, draft: Draft];

/** The drafts that this seal opens. What it does not open belongs to somebody else, or is damaged: it is destroyed. */
export async function sweep(shelf: Shelf, seal: Seal): Promise<Found[]> {
  const found: Found[] = [];
  for (const name of shelf.names()) {
    const sealed = shelf.get(name);
    const text = sealed && (await seal.unseal(sealed));
    if (text) found.push([name, JSON.parse(text) as Draft]);
    // Unless it was replaced meanwhile.
    else if (shelf.get(name)?.text === sealed?.text) shelf.remove(name);
  }
  return found;
}

/** Says that this page is at work on the draft of that name, until the returned function is called or the page is gone. */
export function occupy(locks: LockManager | undefined, name: string): () => void {
  const leaving = new AbortController();
  const { signal } = leaving;
  const left = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  locks?.request(name, { signal }, () => left).catch(() => {
    // Left before it was granted, or denied together with the storage.
  });
  return () => leaving.abort();
}

/** Moves a draft to another name, unless a page is at work on it. */
export async function takeOver(shelf: Shelf, locks: LockManager | undefined, from: string, to: string): Promise<boolean> {
  const move = () => {
    const sealed = shelf.get(from);
    if (!sealed) return false;
    shelf.put(to, sealed);
    shelf.remove(from);
    return true;
  };
  return locks ? locks.request(from, { ifAvailable: true }, (lock) => !!lock && move()).catch(() => false) : move();
}

/** What tabs talk through: a `BroadcastChannel`, or what does the same. */
export type Channel = Pick<BroadcastChannel, 'onmessage' | 'postMessage' | 'close'>;

/** Those of this page, which no `storage` event reaches. */
const here = new Set<StorageChannel>();

/**
 * For browsers without: a written value reaches the other tabs as a `storage` event. What JSON cannot say is lost, or, where it
 * has no end, an error, as it is for a `BroadcastChannel`.
 */
export class StorageChannel implements Channel {
  readonly #name: string;
  readonly #listening = new AbortController();
  onmessage: BroadcastChannel['onmessage'] = null;

  constructor(name: string) {
    this.#name = name;
    here.add(this);
    const take = ({ key, newValue }: StorageEvent) => key === name && newValue && this.#hear(newValue);
    addEventListener('storage', take, this.#listening);
  }

  postMessage(data: unknown): void {
    // The number makes equal messages differ.
    const text = JSON.stringify([data, Math.random()]);
    for (const other of here) if (other !== this && other.#name === this.#name) queueMicrotask(() => other.#hear(text));
    try {
      localStorage.setItem(this.#name, text);
    } catch {
      // Full or denied: the server tells the other tabs.
    }
  }

  close(): void {
    here.delete(this);
    this.#listening.abort();
  }

  #hear(text: string): void {
    let data: unknown;
    try {
      [data] = JSON.parse(text);
    } catch {
      // Anybody on this origin may write there.
      return;
    }
    if (here.has(this)) this.onmessage?.call(this as never, new MessageEvent('message', { data }));
  }
}

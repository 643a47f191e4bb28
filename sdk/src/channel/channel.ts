/** What tabs talk through: a `BroadcastChannel`, or what does the same. */
export type Channel = Pick<BroadcastChannel, 'onmessage' | 'postMessage' | 'close'>;

/** For browsers without: a written value reaches the other tabs as a `storage` event. */
export class StorageChannel implements Channel {
  readonly #name: string;
  readonly #listening = new AbortController();
  onmessage: BroadcastChannel['onmessage'] = null;

  constructor(name: string) {
    this.#name = name;
    const take = ({ key, newValue }: StorageEvent) => {
      if (key === name) this.onmessage?.call(this as never, new MessageEvent('message', { data: newValue }));
    };
    addEventListener('storage', take, this.#listening);
  }

  postMessage(text: unknown): void {
    try {
      // The number makes equal messages differ.
      localStorage.setItem(this.#name, `${text} ${Math.random()}`);
    } catch {
      // Full or denied: the server tells the other tabs.
    }
  }

  close(): void {
    this.#listening.abort();
  }
}

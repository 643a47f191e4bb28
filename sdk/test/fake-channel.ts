const open = new Set<FakeChannel>();

/** Broadcast channels of the tabs of one origin: each message is copied, and delivered soon to all others of its name. */
export class FakeChannel {
  onmessage?: ((event: { data: unknown }) => void) | null;

  constructor(readonly name: string) {
    open.add(this);
  }

  /** Those that are open, in the order in which they were opened. */
  static get open(): FakeChannel[] {
    return [...open];
  }

  postMessage(data: unknown) {
    const copy = structuredClone(data);
    const others = FakeChannel.open.filter((other) => other !== this && other.name === this.name);
    queueMicrotask(() => {
      for (const other of others) if (open.has(other)) other.onmessage?.({ data: copy });
    });
  }

  close() {
    open.delete(this);
  }
}

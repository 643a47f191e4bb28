/** Web Locks over one table, as the tabs of one origin see them. */
export function createLocks() {
  type Waiter = { grant(): void; fail(error: Error): void };
  const held = new Map<string, { steal(): void }>();
  const queues = new Map<string, Waiter[]>();

  function grant(name: string, run: (lock: object | null) => unknown, done: (v: unknown) => void, fail: (e: unknown) => void) {
    let over = false;
    const free = () => {
      if (over) return;
      over = true;
      held.delete(name);
      queues.get(name)?.shift()?.grant();
    };
    held.set(name, {
      steal() {
        over = true;
        fail(new DOMException('stolen', 'AbortError'));
      },
    });
    Promise.resolve()
      .then(() => run({ name }))
      .then(
        (value) => (free(), done(value)),
        (error) => (free(), fail(error)),
      );
  }

  return {
    isHeld: (name: string) => held.has(name),
    request(name: string, a: any, b?: any): Promise<unknown> {
      const [options, run] = b ? [a, b] : [{}, a];
      return new Promise((resolve, reject) => {
        if (options.steal && options.signal) return reject(new DOMException('both', 'NotSupportedError'));
        if (options.steal) held.get(name)?.steal();
        if (options.steal || !held.has(name)) return grant(name, run, resolve, reject);
        if (options.ifAvailable) return resolve(run(null));
        const waiter: Waiter = { grant: () => grant(name, run, resolve, reject), fail: reject };
        const queue = queues.get(name) ?? [];
        queues.set(name, queue);
        queue.push(waiter);
        options.signal?.addEventListener('abort', () => {
          const at = queue.indexOf(waiter);
          if (at >= 0) queue.splice(at, 1);
          reject(new DOMException('aborted', 'AbortError'));
        });
      });
    },
  };
}

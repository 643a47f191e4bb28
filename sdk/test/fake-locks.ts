type Run = (lock: object | null) => unknown;

interface Options {
  steal?: boolean;
  ifAvailable?: boolean;
  signal?: AbortSignal;
}

interface Claim {
  client: object;
  grant(): void;
  lose(error: Error): void;
}

/** Web Locks over one table, as the workers of one origin see them: each has a client of its own. */
export function createLocks() {
  const held = new Map<string, Claim>();
  const queues = new Map<string, Claim[]>();

  const free = (name: string) => {
    held.delete(name);
    queues.get(name)?.shift()?.grant();
  };

  function client() {
    const self = {};
    return {
      request(name: string, ...[first, second]: [Options, Run] | [Run]): Promise<unknown> {
        const { steal, ifAvailable, signal } = typeof first === 'function' ? ({} as Options) : first;
        const run = (second ?? first) as Run;
        return new Promise((resolve, reject) => {
          if (steal && signal) return reject(new DOMException('both', 'NotSupportedError'));
          const claim: Claim = {
            client: self,
            grant() {
              held.set(name, claim);
              Promise.resolve()
                .then(() => run({ name }))
                .then(resolve, reject)
                .finally(() => held.get(name) === claim && free(name));
            },
            lose: reject,
          };
          const owner = held.get(name);
          if (steal) owner?.lose(new DOMException('stolen', 'AbortError'));
          if (steal || !owner) return claim.grant();
          if (ifAvailable) return resolve(run(null));
          queues.set(name, [...(queues.get(name) ?? []), claim]);
          signal?.addEventListener('abort', () => {
            const queue = queues.get(name) ?? [];
            if (!queue.includes(claim)) return;
            queues.set(name, queue.filter((other) => other !== claim));
            reject(new DOMException('aborted', 'AbortError'));
          });
        });
      },
      /** The worker is gone. */
      close() {
        for (const [name, queue] of queues) queues.set(name, queue.filter((claim) => claim.client !== self));
        for (const [name, claim] of [...held]) if (claim.client === self) free(name);
      },
    };
  }

  return { client, isHeld: (name: string) => held.has(name) };
}

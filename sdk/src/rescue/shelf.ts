import type { Scope } from '../call/call.js';

/** What can be seen of a draft without its key. */
export interface Sealed {
  /** When it is to be destroyed, by the wall clock. */
  until: number;
  text: string;
}

/** The sealed drafts of this browser, which anybody may destroy and nobody can read here. */
export interface Shelf {
  /** A name for a new one. It says nothing about person, form or page. */
  name(): string;
  /** Those that are there, after what is too old was destroyed. */
  names(): string[];
  get(name: string): Sealed | undefined;
  put(name: string, sealed: Sealed): void;
  remove(name: string): void;
  /** Destroys all of them. */
  clear(): void;
}

/**
 * Drafts lie in `localStorage`: writing and destroying take effect at once, also in a page that is about to go, and no
 * open connection stands in the way of the back/forward cache. Where it is denied or full the page works on without.
 */
export function openShelf(scope: Scope, application: string, diagnose: (detail: string) => void): Shelf {
  const prefix = `nightlatch:draft:${application}:`;

  function stored<T>(use: (storage: Storage) => T, otherwise: T): T {
    try {
      return use(scope.localStorage);
    } catch (error) {
      diagnose(`${error}`);
      return otherwise;
    }
  }
  const get = (name: string) => {
    const [until, text] = stored((storage) => storage.getItem(name), null)?.split('.') ?? [];
    return text === undefined ? undefined : { until: Number(until), text };
  };
  const remove = (name: string) => stored((storage) => storage.removeItem(name), undefined);
  const names = () =>
    stored((storage) => Object.keys(storage), []).filter((name) => {
      if (!name.startsWith(prefix)) return false;
      // Also what is no draft at all.
      const isOld = !(Date.now() < (get(name)?.until ?? 0));
      if (isOld) remove(name);
      return !isOld;
    });

  return {
    name: () => prefix + scope.crypto.getRandomValues(new Uint32Array(4)).join('-'),
    names,
    get,
    put: (name, { until, text }) => stored((storage) => storage.setItem(name, `${until}.${text}`), undefined),
    remove,
    clear: () => names().forEach(remove),
  };
}

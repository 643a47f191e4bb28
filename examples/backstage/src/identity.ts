const KEY = 'portal-identity';

export interface IdentityApi {
  getIdentity(): string | null;
  signIn(name: string): void;
  signOut(): Promise<void>;
  subscribe(listener: () => void): () => void;
}

/** Stands for the identity provider: everybody is who they say they are, in all tabs of the browser. */
export function createIdentityApi(): IdentityApi {
  const listeners = new Set<() => void>();
  const tell = () => listeners.forEach((listener) => listener());
  addEventListener('storage', tell);
  return {
    getIdentity: () => localStorage.getItem(KEY),
    signIn(name) {
      localStorage.setItem(KEY, name);
      tell();
    },
    async signOut() {
      localStorage.removeItem(KEY);
      tell();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

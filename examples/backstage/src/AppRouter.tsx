import { createContext, use, useSyncExternalStore, type ReactNode } from 'react';
import { useIdentity } from './apis.js';
import { SignInPage } from './pages/SignInPage.js';

const subscribe = (listener: () => void) => {
  addEventListener('popstate', listener);
  return () => removeEventListener('popstate', listener);
};

const Path = createContext('/');

export const usePath = () => use(Path);

/** The pages for people who are signed in, the sign-in page for all others. */
export function AppRouter({ children }: { children: ReactNode }) {
  const path = useSyncExternalStore(subscribe, () => location.pathname);
  return useIdentity() ? <Path value={path}>{children}</Path> : <SignInPage />;
}

export function Link({ to, children }: { to: string; children: ReactNode }) {
  const go = (event: { preventDefault(): void }) => {
    event.preventDefault();
    history.pushState(null, '', to);
    dispatchEvent(new PopStateEvent('popstate'));
  };
  return (
    <a href={to} onClick={go} aria-current={usePath() === to ? 'page' : undefined}>
      {children}
    </a>
  );
}

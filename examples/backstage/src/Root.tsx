import type { ComponentType } from 'react';
import { configApi, identityApi, useIdentity } from './apis.js';
import { Link, usePath } from './AppRouter.js';
import { TimeLeft } from './TimeLeft.js';

export function Root({ routes }: { routes: Record<string, ComponentType> }) {
  const Page = routes[usePath()] ?? routes['/catalog']!;
  return (
    <>
      <header>
        <strong>{configApi.getOptionalString('app.title')}</strong>
        <nav>
          <Link to="/catalog">Catalog</Link>
          <Link to="/docs">Docs</Link>
          <Link to="/settings">Settings</Link>
        </nav>
        <span>{useIdentity()}</span>
        <TimeLeft />
        <button onClick={() => void identityApi.signOut()}>Sign out</button>
      </header>
      <main>
        <Page />
      </main>
    </>
  );
}

import { AutoLogout } from 'nightlatch/react';
import { configApi, identityApi, useIdentity } from './apis.js';
import { AppRouter } from './AppRouter.js';
import { CatalogPage } from './pages/CatalogPage.js';
import { ComponentPage } from './pages/ComponentPage.js';
import { DocsPage } from './pages/DocsPage.js';
import { SettingsPage } from './pages/SettingsPage.js';
import { Root } from './Root.js';

const routes = {
  '/catalog': CatalogPage,
  '/component': ComponentPage,
  '/docs': DocsPage,
  '/settings': SettingsPage,
};

export function App() {
  const identity = useIdentity();
  return (
    <>
      {identity && <AutoLogout standalone config={configApi} onSignOut={() => identityApi.signOut()} />}
      <AppRouter>
        <Root routes={routes} />
      </AppRouter>
    </>
  );
}

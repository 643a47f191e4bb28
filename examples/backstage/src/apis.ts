import { useSyncExternalStore } from 'react';
import appConfig from '../app-config.json';
import { ConfigReader } from './config.js';
import { createIdentityApi } from './identity.js';

export const configApi = new ConfigReader(appConfig);
export const identityApi = createIdentityApi();

/** Who is signed in, if anybody is. */
export const useIdentity = (): string | null => useSyncExternalStore(identityApi.subscribe, identityApi.getIdentity);

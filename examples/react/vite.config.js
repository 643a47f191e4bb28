import { defineConfig } from 'vite';

export default defineConfig({
  // The same origin as the pages: `nightlatch demo`, or your own server.
  server: { host: '127.0.0.1', proxy: { '/nightlatch': 'http://127.0.0.1:8700' } },
});

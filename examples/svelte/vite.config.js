import { defineConfig } from 'vite';
import { svelte } from '@sveltejs/vite-plugin-svelte';

export default defineConfig({
  plugins: [svelte()],
  // The same origin as the pages: `nightlatch demo`, or your own server.
  server: { host: '127.0.0.1', proxy: { '/nightlatch': 'http://127.0.0.1:8700' } },
});

import { defineConfig } from 'vite'

/** Everything is a file of its own: the page is served under a policy that allows no inline script, style or data URL. */
export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: 'es2022', emptyOutDir: true },
  // `DASHBOARD` is a running dashboard: then `npx vite services/dashboard/page` serves the sources with its data.
  server: { proxy: process.env.DASHBOARD ? { '/api': process.env.DASHBOARD } : {} },
})

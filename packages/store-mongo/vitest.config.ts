import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    globalSetup: ['../../infra/embedded/vitest-mongo.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})

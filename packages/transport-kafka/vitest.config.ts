import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    globalSetup: ['../../infra/embedded/vitest-kafka.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // The tests mostly wait for sessions to end.
    maxWorkers: 3,
  },
})

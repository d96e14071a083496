import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    globalSetup: ['../../infra/embedded/vitest-rabbitmq.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 3,
  },
})

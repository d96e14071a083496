import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['{src,page/src}/**/*.test.ts'], exclude: ['src/**/*.kafka.test.ts'] } },
      {
        test: {
          name: 'kafka',
          include: ['src/**/*.kafka.test.ts'],
          globalSetup: ['../../infra/embedded/vitest-kafka.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})

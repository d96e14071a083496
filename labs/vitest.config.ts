import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['**/*.test.ts'], exclude: ['**/on-servers.test.ts', '**/node_modules/**'] } },
      {
        test: {
          name: 'servers',
          include: ['**/on-servers.test.ts'],
          globalSetup: ['vitest-kafka.ts', 'vitest-rabbitmq.ts', 'vitest-postgres.ts'].map((name) => `../infra/embedded/${name}`),
          // They share the processors with the consumers that they start.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 240_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})

import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['check/**/*.test.ts', 'chaos/plan.test.ts', 'architecture/**/*.test.ts'] } },
      {
        test: {
          name: 'scenarios',
          include: ['scenarios/**/*.test.ts', 'faults/**/*.test.ts', 'chaos/**/{chaos,crash-matrix}.test.ts'],
          globalSetup: ['scenarios/embedded.ts'],
          // One shop for all files: they take turns, and what one leaves behind is part of the next one's world.
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})

import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          // some start a process, which a machine under load takes its time for
          testTimeout: 30_000,
          include: ['chaos/plan.test.ts', 'odd-records/generating.test.ts', 'bench/figures.test.ts', 'architecture/**/*.test.ts'],
        },
      },
      { test: { name: 'simulation', include: ['{simulation,explore}/**/*.test.ts'], testTimeout: 300_000 } },
      {
        test: {
          name: 'scenarios',
          include: ['scenarios/**/*.test.ts', 'faults/**/*.test.ts', 'chaos/**/{chaos,crash-matrix}.test.ts'],
          globalSetup: ['scenarios/embedded.ts'],
          // One shop for all files: they take turns, and what one leaves behind is part of the next one's world.
          fileParallelism: false,
          // After the others: the simulation takes all processors, and what is timed here is a shop that has them.
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'own-shops',
          include: ['odd-records/odd-records.test.ts', '{losses,capture,brokers,variants}/**/*.test.ts'],
          // Each starts a shop of its own, for what it does to the topics is part of no other test's world.
          sequence: { groupOrder: 2 },
          fileParallelism: false,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'tutorial',
          include: ['tutorial/**/*.test.ts'],
          // After the others: it starts a shop of its own. Each file has a copy of the repository of its own.
          sequence: { groupOrder: 3 },
          maxWorkers: 2,
          testTimeout: 150_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})

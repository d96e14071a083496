import { defineConfig } from 'vitest/config'
import { hasEngine } from './compose/engine.ts'

const suite = {
  include: ['scenarios/{outcomes,bad-input,away}.test.ts', 'compose/{faults,fault-scripts}.test.ts'],
  globalSetup: ['compose/setup.ts'],
}

export default defineConfig({
  test: {
    ...(hasEngine() ? suite : { include: ['compose/no-engine.test.ts'] }),
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 600_000,
  },
})

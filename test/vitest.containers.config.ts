import { defineConfig } from 'vitest/config'
import { hasEngine } from './compose/engine.ts'

// The set-up stops its containers itself. Ryuk, which would do so after a crash, is one more image to pull, and not everywhere allowed.
process.env.TESTCONTAINERS_RYUK_DISABLED ??= 'true'

const suite = {
  include: [
    'packages/{store-postgres,store-mongo,transport-kafka}/src/**/*.test.ts',
    'services/inventory/src/reactions.test.ts',
    'test/scenarios/{outcomes,disorder}.test.ts',
  ],
  globalSetup: ['test/containers/setup.ts', 'test/scenarios/embedded.ts'],
}

export default defineConfig({
  root: '..',
  test: {
    ...(hasEngine() ? suite : { include: ['test/compose/no-engine.test.ts'] }),
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 180_000,
  },
})

import { defineConfig } from 'vitest/config'
import { hasEngine } from './compose/engine.ts'

// The set-up stops its containers itself. Ryuk, which would do so after a crash, is one more image to pull, and not everywhere allowed.
process.env.TESTCONTAINERS_RYUK_DISABLED ??= 'true'

const suite = {
  // What meets a server: what the drivers do in memory alone is the same here and in npm test.
  include: [
    'packages/store-postgres/src/{store,retention}.test.ts',
    'packages/store-mongo/src/{store,outbox}.test.ts',
    'packages/transport-kafka/src/{conformance,publisher,consumer,membership,kill,topics}.test.ts',
    'packages/transport-kafka/src/codecs/topics.test.ts',
    'services/inventory/src/reactions.test.ts',
    'test/scenarios/outcomes.test.ts',
  ],
  globalSetup: ['test/containers/setup.ts', 'test/scenarios/embedded.ts'],
}

export default defineConfig({
  root: '..',
  test: {
    ...(hasEngine() ? suite : { include: ['test/compose/no-engine.test.ts'] }),
    // They mostly wait, and no two files speak of the same topics, tables or orders.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 180_000,
  },
})

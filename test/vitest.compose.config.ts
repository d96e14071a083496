import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { hasEngine } from './compose/engine.ts'

const suite = {
  include: ['scenarios/{outcomes,bad-input,away}.test.ts', 'compose/{images,faults,fault-scripts,further-service}.test.ts'],
  globalSetup: ['compose/setup.ts'],
}

/** These change what runs, and leave it so: with the overlay for faults, then with a further service as well. */
const last = ['compose/fault-scripts.test.ts', 'compose/further-service.test.ts']
const placeOf = ({ moduleId }: TestSpecification): number => last.findIndex((file) => moduleId.endsWith(file))

class ChangesLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => placeOf(a) - placeOf(b))
  }
}

export default defineConfig({
  test: {
    ...(hasEngine() ? suite : { include: ['compose/no-engine.test.ts'] }),
    fileParallelism: false,
    sequence: { sequencer: ChangesLast },
    testTimeout: 120_000,
    hookTimeout: 600_000,
  },
})

/** The acts on a real group. */
import { beforeAll, describe, expect, test } from 'vitest'
import { growing, membership, moving, type Outcome } from './acts.ts'
import { measureGroup } from './run.ts'

const addresses = { brokers: (process.env.KAFKA_BROKERS ?? '').split(','), postgresUrl: process.env.POSTGRES_URL ?? '' }

describe('a consumer group', () => {
  let outcomes: readonly Outcome[] = []
  beforeAll(async () => {
    outcomes = await measureGroup({ seed: 3, say: () => {} }, addresses)
  }, 240_000)

  test.each([...membership, ...moving, ...growing].map(({ name }) => name))('%s', (name) => {
    expect(outcomes.find(({ act }) => act === name)?.deviations).toEqual([])
  })

  test('each payment had its effect once, in the order of its account, through all of it', () => {
    const counted = outcomes.filter(({ act }) => act === 'all payments until then')
    expect(counted.map(({ deviations }) => deviations)).toEqual([[], []])
  })
})

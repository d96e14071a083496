import { expect, test } from 'vitest'
import { onePartitioning, SecondAttempt } from './partitioning.ts'

const partitionMetadata = [0, 1, 2].map((partitionId) => ({
  ...{ partitionErrorCode: 0, partitionId, leader: 1, replicas: [1], isr: [1] },
}))

test('chooses a partition by the key, once for each record', () => {
  const choose = onePartitioning()
  const [first, second] = [
    { key: 'k', value: '1' },
    { key: 'k', value: '1' },
  ]
  const chosen = choose({ topic: 't', partitionMetadata, message: first })
  expect(choose({ topic: 't', partitionMetadata, message: second })).toBe(chosen)
  expect(() => choose({ topic: 't', partitionMetadata, message: first })).toThrow(SecondAttempt)
})

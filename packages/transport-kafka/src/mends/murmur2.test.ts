import { createRequire } from 'node:module'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { murmur2 } from './murmur2.ts'

const theirs = createRequire(import.meta.url)('kafkajs/src/producer/partitioners/default/murmur2') as (key: Buffer) => number

it('puts keys where kafkajs does', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const key = Buffer.from(bytes)
      expect(murmur2(key)).toBe(theirs(key) | 0)
    }),
    { numRuns: 2_000 },
  )
})

/** From Kafka's own tests (`UtilsTest.testMurmur2`). */
it.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('puts %s where Java does', (key, hash) => {
  expect(murmur2(Buffer.from(key))).toBe(hash)
})

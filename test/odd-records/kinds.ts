/** The kinds of odd records. Each is made of the seed's chance, and of a true record, from which it may differ in one thing. */
import { allTopics } from '@shop/choreography'
import type { Random } from '../simulation/random.ts'
import { bulkOf, bytesOf, lengthOf } from './chance.ts'
import { addFields, addHeaders, damageData, damageEnvelope, damageKey, damageType, damageValue, type Parts } from './damage.ts'
import { compressions, type Headers, isHarmless, type OddRecord, type TrueRecord } from './odd-record.ts'
import { template } from './templates.ts'

const { events: eventTopics, deadLetters: deadLetterTopics } = allTopics()
const topics = [...eventTopics, ...deadLetterTopics]
const partitionCount = 6

interface Kind {
  readonly weight: number
  /** @param base an event in full order, which the record may still be called */
  readonly make: (random: Random, base: TrueRecord) => Parts & Partial<OddRecord>
  /** What makes it odd is only of use with an event of an order that there is. */
  readonly ofTrueOnes?: true
}

const headersOf = (random: Random): Headers =>
  Object.fromEntries(
    Array.from({ length: random.below(6) }, () => [
      random.pick(['x', 'ce_id', 'ce_type', 'traceparent', 'ce_time', '__proto__x']),
      random.chance(0.3) ? [bytesOf(random, 3), 'text'] : bytesOf(random, lengthOf(random, 2_000)),
    ]),
  )

const garbage: Kind['make'] = (random) => ({
  key: random.chance(0.2) ? null : bytesOf(random, random.below(64)),
  value: random.chance(0.2) ? null : bulkOf(random, lengthOf(random, 20_000)),
  headers: headersOf(random),
})

/** A broker refuses what is an hour ahead of its clock. */
const times = [-9e15, -9_007_199_254_740_991, -62_135_596_800_000, -1_000, 0, 1, 2_147_483_647]

export const kinds: Readonly<Record<string, Kind>> = {
  garbage: { weight: 10, make: garbage },
  'garbage on any topic': {
    weight: 10,
    make: (random) => ({ ...garbage(random, template(random, 0)), topic: random.pick(topics) }),
  },
  big: {
    weight: 1,
    make: (random, { headers }) => ({
      key: bytesOf(random, 16),
      value: bulkOf(random, 100_000 + random.below(880_000)),
      headers,
    }),
  },
  'no JSON': { weight: 10, make: damageValue },
  tombstone: { weight: 5, make: (_random, { key, headers }) => ({ key, value: null, headers }) },
  'wrong data': { weight: 15, make: damageData },
  'wrong envelope': { weight: 15, make: damageEnvelope },
  'another type': { weight: 10, make: damageType },
  'another key': { weight: 10, make: damageKey },
  'many headers': { weight: 4, make: addHeaders },
  'many headers, no JSON': { weight: 2, make: (random, base) => damageValue(random, addHeaders(random, base)) },
  'unpacks to too much': {
    weight: 0.8,
    make: (random, { key, headers }) => ({
      key,
      value: Buffer.alloc(random.pick([3, 12, 20]) << 20, 'x'),
      headers,
      compression: random.pick([1, 4]),
    }),
  },
  'once more': { weight: 8, ofTrueOnes: true, make: (_random, base) => base },
  'once more, with further fields': { weight: 8, ofTrueOnes: true, make: addFields },
  'once more, on another topic': {
    weight: 4,
    ofTrueOnes: true,
    make: (random, base) => ({ ...base, topic: random.pick(topics), partition: random.below(partitionCount) }),
  },
  'from another time': {
    weight: 6,
    make: (random, base) => ({ ...(random.chance(0.5) ? damageValue(random, base) : base), timestampMs: random.pick(times) }),
  },
  'of an aborted transaction': { weight: 4, make: (_random, base) => ({ ...base, transaction: 'aborted' }) },
  'of a transaction': { weight: 4, make: (random, base) => ({ ...damageValue(random, base), transaction: 'committed' }) },
}

const weightOfAll = Object.values(kinds).reduce((sum, { weight }) => sum + weight, 0)

const someKind = (random: Random): readonly [string, Kind] => {
  let left = random.next() * weightOfAll
  for (const entry of Object.entries(kinds)) {
    left -= entry[1].weight
    if (left < 0) return entry
  }
  throw new Error('there are no kinds')
}

/** A record of some kind. What somebody could take for an event that was not told gets a value that nobody can read. */
export const oddRecord = (random: Random, number: number, trueRecords: readonly TrueRecord[]): OddRecord => {
  const [kind, { make, ofTrueOnes }] = someKind(random)
  const partition = random.below(partitionCount)
  const fromTrue = trueRecords.length > 0 && (ofTrueOnes === true || random.chance(0.3))
  const base = fromTrue ? random.pick(trueRecords) : template(random, partition)
  const { key, value, headers, ...rest } = make(random, base)
  const record: OddRecord = {
    number,
    kind,
    topic: base.topic,
    partition: base.partition,
    compression: random.below(compressions.length),
    key,
    value,
    headers,
    ...rest,
  }
  return isHarmless(record, fromTrue ? base : undefined) ? record : { ...record, value: 'no event' }
}

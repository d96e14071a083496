/** Records that no service wrote: some that nobody can read, some that are an event all the same. */
import { serviceNames } from '@shop/choreography'
import { type ConsumedRecord, decode } from '@shop/messaging'
import { memoryPosition } from '@shop/messaging/memory'
import { addFields, damageData, damageEnvelope, damageKey, damageType, type Parts } from '../odd-records/damage.ts'
import { consumedFrom, isHarmless, type OddRecord, type TrueRecord } from '../odd-records/odd-record.ts'
import { catalogueOf, eventTopics, topicsOf } from './subscriptions.ts'
import { nameOf, type World } from './world.ts'

const ways = [
  damageData,
  damageEnvelope,
  damageType,
  damageType,
  damageKey,
  addFields,
  (_random, { key, headers }) => ({ key, headers, value: null }),
] satisfies readonly ((random: World['random'], record: TrueRecord) => Parts)[]

/** Large ones are for the real broker: here they would only cost time. */
const bytesMax = 4_000

const sizeOf = ({ key, value, headers }: Parts): number =>
  (key?.length ?? 0) + (value?.length ?? 0) + Object.values(headers).reduce((sum, content) => sum + content.length + 10, 0)

/** A copy of some record in which one thing is odd, where that one stands. Nobody may take it for another event. */
export const putOddRecord = (world: World): void => {
  const { random, broker } = world
  const records = broker.partitions(random.pick(eventTopics)).flatMap((p) => p.records)
  if (records.length === 0) return
  const { topic, position, key, value, headers } = random.pick(records)
  const { partition } = memoryPosition(position)
  const original: TrueRecord = { topic, partition, key: key ?? '', value: value?.toString() ?? '', headers }
  const way = random.pick(ways)
  if (!isJson(original.value) && (way === damageData || way === addFields)) return
  const parts = way(random, original)
  if (sizeOf(parts) > bytesMax) return
  const odd: OddRecord = { ...original, ...parts, number: 0, kind: '', compression: 0 }
  if (!isHarmless(odd, original)) return
  world.tell('the outside', () => `publishes an odd ${nameOf({ key, headers })}`)
  classify(world, broker.append(consumedFrom(odd), world.nowMs, partition))
}

const isJson = (text: string): boolean => {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}

/** What a record is to those who read its topic: broken, when one of them cannot decode it; else it tells nothing new. */
const classify = (world: World, record: ConsumedRecord): void => {
  const readers = serviceNames.filter((s) => topicsOf(s).includes(record.topic))
  const kinds = readers.map((service) => decode(record, catalogueOf(service)).kind)
  if (kinds.includes('undecodable')) world.broken.add(record)
  else world.tellNothing.add(record)
}

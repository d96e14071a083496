/** Where a group is moved to, and where keys stand. */
import type { Place, Transport } from '@shop/messaging'
import { kafkaPosition } from '@shop/transport-kafka'
import type { Asking } from './broker-view.ts'

/** @param at a time in milliseconds since 1970: the first record of each partition from then on */
export const placesAt = async ({ raw, admin, topic }: Asking, at: 'beginning' | 'end' | number): Promise<Place[]> => {
  if (typeof at === 'number')
    return (await raw.fetchTopicOffsetsByTimestamp(topic, at)).map(({ partition, offset }) => ({
      topic,
      position: `${partition}/${offset}`,
    }))
  return (await admin.stretches([topic])).map(({ begin, end }) => ({ topic, position: at === 'end' ? end : begin }))
}

/** Keys, and those of them of which records stand in more than one partition. */
export const keysThatMoved = async (transport: Transport, topic: string): Promise<{ keys: number; moved: number }> => {
  const places = new Map<string, Set<number>>()
  const reader = transport.read({
    topics: [topic],
    until: 'end',
    onRecords: (records) => {
      for (const { key, position } of records) {
        const of = places.get(String(key)) ?? new Set()
        places.set(String(key), of.add(kafkaPosition(position).partition))
      }
    },
  })
  await reader.ended
  return { keys: places.size, moved: [...places.values()].filter(({ size }) => size > 1).length }
}

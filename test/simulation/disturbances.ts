/** What the outside does to the topics and to the groups' offsets. */
import { serviceNames } from '@shop/choreography'
import { type ConsumedRecord, encode } from '@shop/messaging'
import { memoryPosition } from '@shop/messaging/memory'
import type { Process } from './process.ts'
import { catalogueOf, eventTopics, topicsOf } from './subscriptions.ts'
import { nameOf, type World } from './world.ts'

const recordsOf = (world: World, topic: string): ConsumedRecord[] => world.broker.partitions(topic).flatMap((p) => p.records)

/** Publishes some record again, as it is. */
export const echo = (world: World): void => {
  const records = recordsOf(world, world.random.pick(eventTopics))
  if (records.length === 0) return
  const record = world.random.pick(records)
  world.tell('the outside', () => `publishes ${nameOf(record)} again`)
  const copy = world.broker.append(record, world.nowMs, memoryPosition(record.position).partition)
  if (world.broken.has(record)) world.broken.add(copy)
  if (world.tellNothing.has(record)) world.tellNothing.add(copy)
}

/** Publishes a broken copy of some record. */
export const garble = (world: World): void => {
  const records = recordsOf(world, world.random.pick(eventTopics))
  if (records.length === 0) return
  const record = world.random.pick(records)
  const { ce_id: _, ...withoutId } = record.headers
  const broken = world.random.pick([
    { ...record, value: Buffer.from('{"half":') },
    { ...record, value: Buffer.from('[]') },
    { ...record, key: 'nobody' },
    { ...record, headers: { ...record.headers, ce_type: 'shop.order.OrderEaten.v1' } },
    { ...record, headers: withoutId },
  ])
  world.tell('the outside', () => `publishes a broken ${nameOf(record)}`)
  world.broken.add(world.broker.append(broken, world.nowMs))
}

/** Sets a consumer back in one of its partitions: it gets stale records again. */
export const rewind = (world: World, process: Process): void => {
  const behind = [...process.positions].filter(([, position]) => position > 0)
  if (behind.length === 0 || process.consuming) return
  const [partition, position] = world.random.pick(behind)
  const back = world.random.below(position)
  world.tell(process.name, () => `is set back in ${partition.topic}/${partition.number} from ${position} to ${back}`)
  process.positions.set(partition, back)
  world.broker.commit(process.service, partition, back)
}

/**
 * The records of a topic are deleted before everybody has read them: who is behind goes on at its end. Not where a broken or a forged one may be
 * among them, which nobody could tell again.
 */
export const deleteUnread = (world: World, processes: readonly Process[]): void => {
  const topic = world.random.pick(eventTopics)
  const reading = processes.filter((p) => topicsOf(p.service).includes(topic))
  if (world.broken.size > 0 || world.forged.size > 0 || reading.some((p) => p.consuming)) return
  world.tell('the outside', () => `deletes what is on ${topic}`)
  world.forgot = true
  world.hadForgotten = true
  for (const partition of world.broker.partitions(topic)) {
    const end = partition.records.length
    for (const service of serviceNames) if (topicsOf(service).includes(topic)) world.broker.commit(service, partition, end)
    for (const { positions } of reading) if (positions.has(partition)) positions.set(partition, end)
  }
}

/** What heals that: every service tells again all that it can. */
export const tellAllAgain = (world: World): void => {
  world.tell('the operator', () => 'lets every service tell again')
  world.forgot = false
  for (const service of serviceNames)
    for (const message of world.parts.tellAgain(world.databases, service))
      world.append(encode({ ...message, again: 'told' }, catalogueOf(service)))
}

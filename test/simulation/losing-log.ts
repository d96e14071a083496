/** A log that loses its tail, as in a power cut, or all of it, as a topic that is deleted and created anew does. */
import { serviceNames } from '@shop/choreography'
import type { Partition } from '@shop/messaging/memory'
import { eventTopics, topicsOf } from './subscriptions.ts'
import type { World } from './world.ts'

/** Where a partition is cut: rather often before what nobody can read, so that something else comes to stand in its place. */
const cutOf = ({ random, broken }: World, { records }: Partition): number => {
  const odd = records.findIndex((r) => broken.has(r))
  return odd >= 0 && random.chance(0.8) ? odd : random.below(records.length + 1)
}

/**
 * Who had read what is lost stands behind the end of its partition, until it notices, or the log has grown past it: then it has missed
 * what came first. All that was on their way must be told again. Whoever wrote what nobody can read writes such a thing again.
 */
export const loseTail = (world: World): void => {
  const { random, broker, broken } = world
  const odd = [...broken].filter((r) => broker.partitions(r.topic).some((p) => p.records.includes(r)))
  const topic = odd.length > 0 && random.chance(0.8) ? random.pick(odd).topic : random.pick(eventTopics)
  const isAnew = random.chance(0.5)
  let count = 0
  for (const partition of broker.partitions(topic)) {
    const lost = partition.records.splice(isAnew ? 0 : cutOf(world, partition))
    count += lost.length
    const [first] = lost
    // With its topic a group's offsets go, too; who reads keeps the place in memory.
    if (isAnew) for (const service of serviceNames) if (topicsOf(service).includes(topic)) broker.commit(service, partition, 0)
    if (first === undefined || !broken.has(first)) continue
    world.tell('the outside', () => `publishes something else that is broken at ${topic}/${first.position}`)
    broken.add(broker.append({ ...first, value: Buffer.from('{"other half":') }, world.nowMs, partition.number))
  }
  if (count === 0) return
  world.tell('the outside', () => (isAnew ? `begins ${topic} anew` : `takes the last ${count} records of ${topic}`))
  world.forgot = true
  world.hadForgotten = true
}

/** A log that loses its tail, as in a power cut, or all of it, as a topic that is deleted and created anew does. */
import { eventTopics } from './subscriptions.ts'
import type { World } from './world.ts'

/**
 * Who had read what is lost stands behind the end of its partition, until it notices, or the log has grown past it: then it has missed
 * what came first. All that was on their way must be told again.
 */
export const loseTail = (world: World): void => {
  const { random, broker } = world
  const topic = random.pick(eventTopics)
  const isAnew = random.chance(0.5)
  let lost = 0
  for (const { records } of broker.partitions(topic)) lost += records.splice(isAnew ? 0 : random.below(records.length + 1)).length
  if (lost === 0) return
  world.tell('the outside', () => (isAnew ? `begins ${topic} anew` : `takes the last ${lost} records of ${topic}`))
  world.forgot = true
  world.hadForgotten = true
}

/** What the outside does to the topics, and the operator who replays dead letters. */
import { allTopics, deadLetterTopic, type ServiceName, serviceNames } from '@shop/choreography'
import { decode } from '@shop/messaging'
import type { ConsumedRecord } from '@shop/messaging/kafka'
import { catalogueOf, type Process, topicsOf } from './process.ts'
import { nameOf, type World } from './world.ts'

const eventTopics = allTopics().events

const recordsOf = (world: World, topic: string): ConsumedRecord[] => world.broker.partitions(topic).flatMap((p) => p.records)

/** Publishes some record again, as it is. */
export const echo = (world: World): void => {
  const records = recordsOf(world, world.random.pick(eventTopics))
  if (records.length === 0) return
  const record = world.random.pick(records)
  world.tell('the outside', () => `publishes ${nameOf(record)} again`)
  const copy = world.broker.append(record, world.nowMs, record.partition)
  if (world.broken.has(record)) world.broken.add(copy)
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

/** Letters that are parked, and how far the operator has come with each topic. */
export class DeadLetters {
  readonly #world: World
  readonly #replayed = new Set<ConsumedRecord>()

  constructor(world: World) {
    this.#world = world
  }

  /** The letters of a service that can be handled once the cause has gone, oldest first. */
  of(service: ServiceName): ConsumedRecord[] {
    return topicsOf(service).flatMap((topic) =>
      recordsOf(this.#world, deadLetterTopic(topic, service)).filter(
        (r) => r.headers['dead-letter-kind'] !== 'undecodable' && !this.#replayed.has(r),
      ),
    )
  }

  waitingCount(): number {
    return serviceNames.reduce((sum, service) => sum + this.of(service).length, 0)
  }

  /** Handles the oldest letter of each order, with its own id through the same inbox. */
  async replay(process: Process): Promise<void> {
    const seen = new Set<string | null>()
    for (const letter of this.of(process.service)) {
      if (seen.has(letter.key)) continue
      seen.add(letter.key)
      const decoded = decode(letter, catalogueOf(process.service))
      if (decoded.kind !== 'message') throw new Error(`a letter cannot be decoded: ${nameOf(letter)}`)
      try {
        await process.store.handleOnce([decoded.message], process.react)
        this.#replayed.add(letter)
        this.#world.tell(process.name, () => `replays ${nameOf(letter)}`)
      } catch (error) {
        this.#world.tell(process.name, () => `replays ${nameOf(letter)} in vain: ${(error as Error).message}`)
      }
    }
  }
}

import type {
  GroupPlace,
  OutgoingRecord,
  Place,
  Publisher,
  ReadOptions,
  SubscribeOptions,
  Transport,
  TransportAdmin,
} from '../transport.ts'
import type { MemoryBroker } from './broker.ts'
import { MemoryLine } from './line.ts'
import { memoryPosition, memoryPositionOf } from './partition.ts'
import { readMemory } from './reader.ts'
import { MemorySubscription } from './subscription.ts'

/** The port in memory, for unit tests: one process's view of a broker that lives in this process. */
export class MemoryTransport implements Transport {
  readonly #line: MemoryLine
  readonly #subscriptions: MemorySubscription[] = []

  constructor(broker: MemoryBroker) {
    this.#line = new MemoryLine(broker)
  }

  publisher(): Publisher {
    let closed = false
    return {
      publish: async (records: readonly OutgoingRecord[]) => {
        if (closed) throw new Error('the publisher is closed')
        if (this.#line.isCut) throw new Error('the broker is away')
        for (const record of records) this.#line.broker.append(record, Date.now())
      },
      ready: () => !closed && !this.#line.isCut,
      close: async () => {
        closed = true
      },
    }
  }

  subscribe(options: SubscribeOptions): MemorySubscription {
    const lag = () => this.admin().groupLag(options.groupId, options.topics)
    const subscription = new MemorySubscription(this.#line, options, lag)
    this.#subscriptions.push(subscription)
    return subscription
  }

  read(options: ReadOptions) {
    return readMemory(this.#line, options)
  }

  admin(): TransportAdmin {
    return memoryAdmin(this.#line.broker)
  }

  describe(position: string) {
    return { position }
  }

  /** While this is so, the process does not reach the broker. */
  away(isAway: boolean): void {
    this.#line.cut(isAway)
  }

  /** Ends this process as a kill would: its consumers leave their groups with nothing committed of what is under way. */
  crash(): void {
    for (const subscription of this.#subscriptions) subscription.crash()
  }
}

const memoryAdmin = (broker: MemoryBroker): TransportAdmin => {
  const groupPlaces = async (groupId: string, topics: readonly string[]): Promise<readonly GroupPlace[]> =>
    topics.flatMap((topic) =>
      broker.partitions(topic).map((partition) => {
        const index = broker.committed(groupId, partition)
        const fresh = !broker.hasCommitted(groupId, partition)
        return { topic, position: memoryPositionOf(partition.number, index), fresh, lag: partition.records.length - index }
      }),
    )
  return {
    createTopics: async (specs) => {
      for (const { topic, partitions = 6 } of specs) broker.create(topic, partitions)
    },
    topics: async () => broker.topics,
    stretches: async (topics) =>
      topics.flatMap((topic) =>
        broker.partitions(topic).map(({ number, records }) => ({
          topic,
          begin: memoryPositionOf(number, 0),
          end: memoryPositionOf(number, records.length),
          records: records.length,
          trimmed: false,
        })),
      ),
    groupPlaces,
    groupLag: async (groupId, topics) => {
      const places = await groupPlaces(groupId, topics)
      const lagOf = (topic: string) => places.reduce((sum, place) => (place.topic === topic ? sum + place.lag : sum), 0)
      return Object.fromEntries(topics.map((topic) => [topic, lagOf(topic)]))
    },
    moveGroup: async (groupId, places: readonly Place[]) => {
      if (broker.hasMembers(groupId)) throw new Error(`${groupId} has members`)
      for (const { topic, position } of places) {
        const { partition: number, index } = memoryPosition(position)
        const partition = broker.partitions(topic)[number]
        if (partition) broker.commit(groupId, partition, index)
      }
    },
    close: async () => {},
  }
}

import { ownTopic, serviceNames, subscriptionsOf } from '@shop/choreography'
import type { Admin, Kafka } from 'kafkajs'
import type { GroupState, TopicState } from './api.ts'
import { isDeadLetterTopic, watchedTopics } from './observation.ts'

const readMsMax = 8_000

export interface KafkaState {
  readonly topics: readonly TopicState[]
  readonly groups: readonly GroupState[]
  readonly error?: string
}

/** Asks the broker where topics end and how far their consumers are. */
export class KafkaWatch {
  readonly #kafka: Kafka
  readonly #groups: readonly { readonly group: string; readonly topics: readonly string[] }[]
  #admin: Admin | undefined
  #state: KafkaState = { topics: [], groups: [] }

  /** @param ownGroup the dashboard's. */
  constructor(kafka: Kafka, ownGroup: string) {
    this.#kafka = kafka
    const participants = serviceNames.map((service) => ({ group: service, topics: subscriptionsOf(service) }))
    this.#groups = [...participants, { group: ownGroup, topics: watchedTopics }]
  }

  get state(): KafkaState {
    return this.#state
  }

  /** Bounded; when it fails, the former figures stay, and the error beside them. */
  async read(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('the broker does not answer in time')), readMsMax)
    })
    try {
      this.#state = await Promise.race([this.#ask(), late])
    } catch (error) {
      this.#state = { ...this.#state, error: (error as Error).message }
      await this.close() // a client that failed once may go on failing
    } finally {
      clearTimeout(timer)
    }
  }

  async close(): Promise<void> {
    const admin = this.#admin
    this.#admin = undefined
    await admin?.disconnect().catch(() => {})
  }

  async #ask(): Promise<KafkaState> {
    if (this.#admin === undefined) {
      const admin = this.#kafka.admin()
      await admin.connect()
      this.#admin = admin
    }
    const { fetchTopicOffsets, fetchOffsets } = this.#admin
    const topics = await Promise.all(watchedTopics.map(async (topic) => topicState(topic, await fetchTopicOffsets(topic))))
    const ends = new Map(topics.map((t) => [t.topic, t.partitions]))
    const groups = await Promise.all(
      this.#groups.map(async ({ group, topics }) => {
        const committed = await fetchOffsets({ groupId: group, topics: [...topics] })
        return groupState(group, committed, ends)
      }),
    )
    return { topics, groups }
  }
}

type Offsets = Awaited<ReturnType<Admin['fetchTopicOffsets']>>
type Committed = Awaited<ReturnType<Admin['fetchOffsets']>>

const topicState = (topic: string, offsets: Offsets): TopicState => {
  const partitions = offsets
    .map(({ partition, low, high }) => ({ partition, begin: Number(low), end: Number(high) }))
    .sort((a, b) => a.partition - b.partition)
  const dead = isDeadLetterTopic(topic)
  const owner = dead ? topic.split('.').at(-2) : serviceNames.find((s) => ownTopic(s) === topic)
  const records = partitions.reduce((sum, p) => sum + p.end - p.begin, 0)
  return { topic, kind: dead ? 'dead-letters' : 'events', service: owner ?? '', records, partitions }
}

const groupState = (group: string, committed: Committed, ends: ReadonlyMap<string, TopicState['partitions']>): GroupState => {
  const topics = committed.map(({ topic, partitions }) => {
    const positions = partitions
      .map(({ partition, offset }) => {
        const { begin = 0, end = 0 } = ends.get(topic)?.find((p) => p.partition === partition) ?? {}
        const position = Number(offset)
        return { partition, committed: position, lag: Math.max(0, end - Math.max(position, begin)) }
      })
      .sort((a, b) => a.partition - b.partition)
    return { topic, lag: positions.reduce((sum, p) => sum + p.lag, 0), partitions: positions }
  })
  return { group, lag: topics.reduce((sum, t) => sum + t.lag, 0), topics }
}

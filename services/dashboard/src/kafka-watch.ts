import { numbersOf } from '@shop/broker'
import { ownTopic, serviceNames, subscriptionsOf } from '@shop/choreography'
import { type GroupPlace, type Stretch, TookTooLong, type Transport, type TransportAdmin } from '@shop/messaging'
import type { GroupState, TopicState } from './api.ts'
import { isDeadLetterTopic, watchedTopics } from './observation.ts'

export interface KafkaState {
  readonly topics: readonly TopicState[]
  readonly groups: readonly GroupState[]
  readonly error?: string
}

/** Asks the broker where topics end and how far their consumers are. */
export class KafkaWatch {
  readonly #admin: TransportAdmin
  readonly #groups: readonly { readonly group: string; readonly topics: readonly string[] }[]
  #state: KafkaState = { topics: [], groups: [] }

  /** @param ownGroup the dashboard's, where it has one on the broker. */
  constructor(transport: Transport, ownGroup?: string) {
    this.#admin = transport.admin()
    const participants = serviceNames.map((service) => ({ group: service, topics: subscriptionsOf(service) }))
    this.#groups = [...participants, ...(ownGroup === undefined ? [] : [{ group: ownGroup, topics: watchedTopics }])]
  }

  get state(): KafkaState {
    return this.#state
  }

  /** Bounded; when it fails, the former figures stay, and the error beside them. */
  async read(): Promise<void> {
    try {
      this.#state = await this.#ask()
    } catch (error) {
      this.#state = { ...this.#state, error: messageOf(error) }
    }
  }

  close(): Promise<void> {
    return this.#admin.close()
  }

  async #ask(): Promise<KafkaState> {
    const stretches = await this.#admin.stretches(watchedTopics)
    const groups = this.#groups.map(async ({ group, topics }) =>
      groupState(group, topics, await this.#admin.groupPlaces(group, topics, stretches)),
    )
    return { topics: watchedTopics.map((topic) => topicState(topic, stretches)), groups: await Promise.all(groups) }
  }
}

const messageOf = (error: unknown): string =>
  error instanceof TookTooLong ? 'the broker does not answer in time' : (error as Error).message

const topicState = (topic: string, stretches: readonly Stretch[]): TopicState => {
  const ofTopic = stretches.filter((s) => s.topic === topic)
  const partitions = ofTopic.map(({ begin, end }) => {
    const { partition, offset } = numbersOf(begin)
    return { partition, begin: Number(offset), end: Number(numbersOf(end).offset) }
  })
  const dead = isDeadLetterTopic(topic)
  const owner = dead ? topic.split('.').at(-2) : serviceNames.find((s) => ownTopic(s) === topic)
  const records = ofTopic.reduce((sum, s) => sum + s.records, 0)
  return { topic, kind: dead ? 'dead-letters' : 'events', service: owner ?? '', records, partitions }
}

const groupState = (group: string, names: readonly string[], places: readonly GroupPlace[]): GroupState => {
  const topics = names.map((topic) => {
    const partitions = places
      .filter((place) => place.topic === topic)
      .map(({ position, lag }) => {
        const { partition, offset } = numbersOf(position)
        return { partition, committed: Number(offset), lag }
      })
    return { topic, lag: partitions.reduce((sum, p) => sum + p.lag, 0), partitions }
  })
  return { group, lag: topics.reduce((sum, t) => sum + t.lag, 0), topics }
}

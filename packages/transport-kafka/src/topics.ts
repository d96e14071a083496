import { setTimeout as pause } from 'node:timers/promises'
import { TookTooLong, type TopicSpec, within } from '@shop/messaging/driver'
import type { Kafka } from 'kafkajs'

const connectMsMax = 30_000
/** Three brokers that have just started on a small machine need most of a minute for two hundred partitions with three replicas each. */
const createMsMax = 120_000
const pollIntervalMs = 100

/**
 * Creates those topics that do not exist and waits until every partition has a leader that answers. May run in several processes at once.
 * @throws TookTooLong when no broker answers within 30 s, or not all is there 120 s later; errors of the broker that refuses a topic.
 */
export const createTopics = async (kafka: Kafka, specs: readonly TopicSpec[]): Promise<void> => {
  const admin = kafka.admin()
  try {
    await within(connectMsMax, 'connecting to Kafka', insist(admin.connect, performance.now() + connectMsMax))
    const deadline = performance.now() + createMsMax
    const remainingMs = () => Math.max(1, deadline - performance.now())
    const create = async () => void (await admin.createTopics(requestOf(specs)))
    await within(remainingMs(), 'creating topics', insist(create, deadline, isUnanswered))
    const topics = specs.map(({ topic }) => topic)
    for (;;) {
      const without = await withoutLeaders(
        () => within(remainingMs(), 'reading topics', admin.fetchTopicMetadata({ topics })),
        topics,
      )
      if (without.length === 0) break
      if (performance.now() > deadline)
        throw new TookTooLong(`topics without leaders after ${createMsMax} ms: ${without.join(', ')}`)
      await pause(pollIntervalMs)
    }
    // A leader that has been named does not know of it yet, for some milliseconds.
    const asked = topics.map((topic) => insist(async () => void (await admin.fetchTopicOffsets(topic)), deadline))
    await within(remainingMs(), 'asking the leaders', Promise.all(asked))
  } finally {
    await within(2_000, 'disconnecting', admin.disconnect()).catch(() => {})
  }
}

/** waitForLeaders would not wait when some of the topics exist: kafkajs then returns early (`src/admin/index.js`, createTopics). */
const requestOf = (specs: readonly TopicSpec[]) => ({
  waitForLeaders: false,
  timeout: 10_000,
  topics: specs.map(({ topic, partitions = 6, replicationFactor = -1, configEntries = {} }) => ({
    topic,
    numPartitions: partitions,
    replicationFactor,
    configEntries: Object.entries(configEntries).map(([name, value]) => ({ name, value })),
  })),
})

const unansweredTypes = new Set(['REQUEST_TIMED_OUT', 'NOT_CONTROLLER', 'TOPIC_ALREADY_EXISTS'])
const unansweredNames = new Set(['KafkaJSRequestTimeoutError', 'KafkaJSConnectionError', 'KafkaJSConnectionClosedError'])

/** The broker may be at it still: asked again, it says of each topic that it is there, or creates it. What it refuses is final. */
export const isUnanswered = (error: unknown): boolean => {
  const { name, type, errors, cause } = (error ?? {}) as { readonly [part: string]: unknown }
  if (Array.isArray(errors)) return errors.length > 0 && errors.every(isUnanswered)
  if (name === 'KafkaJSNumberOfRetriesExceeded') return isUnanswered(cause)
  return unansweredNames.has(String(name)) || unansweredTypes.has(String(type))
}

/** Tries until it succeeds or the deadline is past; kafkajs gives up after a few attempts, and a broker takes a while to start. */
const insist = async (
  attempt: () => Promise<void>,
  deadline: number,
  isTransient: (error: unknown) => boolean = () => true,
): Promise<void> => {
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > deadline || !isTransient(error)) throw error
      await pause(pollIntervalMs)
    }
  }
}

type Metadata = Awaited<ReturnType<ReturnType<Kafka['admin']>['fetchTopicMetadata']>>

const withoutLeaders = async (read: () => Promise<Metadata>, topics: readonly string[]): Promise<readonly string[]> => {
  try {
    const led = (await read()).topics.filter(
      ({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0),
    )
    return topics.filter((topic) => !led.some(({ name }) => name === topic))
  } catch (error) {
    // A topic that its broker has not heard of yet, or a leader not chosen yet, is reported as an error of the whole request.
    if (error instanceof TookTooLong) throw error
    return topics
  }
}

import { setTimeout as pause } from 'node:timers/promises'
import { TookTooLong, type TopicSpec, within } from '@shop/messaging/driver'
import type { Kafka } from 'kafkajs'

const waitMsMax = 30_000
const pollIntervalMs = 100

/**
 * Creates those topics that do not exist and waits until every partition has a leader that answers. May run in several processes at once.
 * @throws TookTooLong when that is not so after 30 s, also because no broker answers; errors of the broker that refuses a topic.
 */
export const createTopics = async (kafka: Kafka, specs: readonly TopicSpec[]): Promise<void> => {
  const admin = kafka.admin()
  const deadline = performance.now() + waitMsMax
  const remainingMs = () => Math.max(1, deadline - performance.now())
  try {
    await within(remainingMs(), 'connecting to Kafka', insist(admin.connect, deadline))
    // waitForLeaders would not wait when some of the topics exist: kafkajs then returns early (`src/admin/index.js`, createTopics).
    const creating = admin.createTopics({
      waitForLeaders: false,
      timeout: 10_000,
      topics: specs.map(({ topic, partitions = 6, replicationFactor = -1, configEntries = {} }) => ({
        topic,
        numPartitions: partitions,
        replicationFactor,
        configEntries: Object.entries(configEntries).map(([name, value]) => ({ name, value })),
      })),
    })
    await within(remainingMs(), 'creating topics', creating)
    const topics = specs.map(({ topic }) => topic)
    for (;;) {
      const without = await withoutLeaders(
        () => within(remainingMs(), 'reading topics', admin.fetchTopicMetadata({ topics })),
        topics,
      )
      if (without.length === 0) break
      if (performance.now() > deadline)
        throw new TookTooLong(`topics without leaders after ${waitMsMax} ms: ${without.join(', ')}`)
      await pause(pollIntervalMs)
    }
    // A leader that has been named does not know of it yet, for some milliseconds.
    const asked = topics.map((topic) => insist(async () => void (await admin.fetchTopicOffsets(topic)), deadline))
    await within(remainingMs(), 'asking the leaders', Promise.all(asked))
  } finally {
    await within(2_000, 'disconnecting', admin.disconnect()).catch(() => {})
  }
}

/** Tries until it succeeds or the deadline is past; kafkajs gives up after a few attempts, and a broker takes a while to start. */
const insist = async (attempt: () => Promise<void>, deadline: number): Promise<void> => {
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > deadline) throw error
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

import { type Place, within } from '@shop/messaging/driver'
import type { Kafka } from 'kafkajs'
import { kafkaPosition } from './position.ts'

const moveMsMax = 8_000
const disconnectMsMax = 1_000
const fetchWaitMsMax = 100

/** As the broker calls a group that has no members, or is not there yet. */
const withoutMembers = ['Empty', 'Dead']

/**
 * Commits these places for a group, as a member that joins for it and leaves. kafkajs' own way (`src/admin/index.js`, setOffsets) waits for
 * an empty fetch of five seconds, for each topic, and may end before partitions that other brokers lead have been moved.
 * @throws Error when the group has members; TookTooLong after 8 s; errors of the broker.
 */
export const moveGroup = async (kafka: Kafka, groupId: string, places: readonly Place[]): Promise<void> => {
  if (places.length === 0) return
  const topics = [...new Set(places.map(({ topic }) => topic))]
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: fetchWaitMsMax, allowAutoTopicCreation: false })
  const move = async () => {
    await consumer.connect()
    await consumer.subscribe({ topics })
    const { state } = await consumer.describeGroup()
    if (!withoutMembers.includes(state)) throw new Error(`the group ${groupId} has members: it is ${state}`)
    const joining = consumer.run({ autoCommit: false, eachBatch: async () => {} })
    consumer.pause(topics.map((topic) => ({ topic })))
    await joining
    await consumer.commitOffsets(places.map(({ topic, position }) => ({ topic, ...kafkaPosition(position) })))
  }
  try {
    await within(moveMsMax, `moving the group ${groupId}`, move())
  } finally {
    await within(disconnectMsMax, 'disconnecting', consumer.disconnect()).catch(() => {})
  }
}

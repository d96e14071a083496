import type { ConsumedRecord } from '@shop/messaging'
import { newId } from '@shop/messaging'
import type { kafkaClient } from '@shop/transport-kafka'

const readMsMax = 20_000

type Kafka = ReturnType<typeof kafkaClient>

/** The oldest or latest records of a topic, about as many of each partition, by a group that is deleted afterwards. @throws Error after 20 s */
export const readRecords = async (
  kafka: Kafka,
  topic: string,
  which: 'oldest' | 'latest',
  count: number,
): Promise<readonly ConsumedRecord[]> => {
  const admin = kafka.admin()
  await admin.connect()
  const groupId = `fault-${newId()}`
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: 100, minBytes: 1 })
  try {
    const partitions = (await admin.fetchTopicOffsets(topic)).filter(({ low, high }) => low !== high)
    const share = Math.ceil(count / Math.max(1, partitions.length))
    const missing = new Map(
      partitions.map(({ partition, low, high }) => {
        const from = which === 'oldest' ? Number(low) : Math.max(Number(low), Number(high) - share)
        return [partition, { from, to: Math.min(Number(high), from + share) }]
      }),
    )
    if (missing.size === 0) return []
    const found: ConsumedRecord[] = []
    const all = Promise.withResolvers<void>()
    const bound = setTimeout(() => all.reject(new Error(`${topic} was not read within ${readMsMax / 1_000} s`)), readMsMax)
    const start = async () => {
      await consumer.connect()
      await consumer.subscribe({ topics: [topic], fromBeginning: true })
      await consumer.run({
        autoCommit: false,
        eachBatch: async ({ batch }) => {
          const range = missing.get(batch.partition)
          if (range === undefined) return
          for (const { offset, key, value, headers = {}, timestamp } of batch.messages) {
            if (Number(offset) < range.from || Number(offset) >= range.to) continue
            found.push({
              topic,
              partition: batch.partition,
              offset,
              key: key?.toString() ?? null,
              value,
              headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)])),
              timestampMs: Number(timestamp),
            })
          }
          if (Number(batch.lastOffset()) + 1 >= range.to) missing.delete(batch.partition)
          if (missing.size === 0) all.resolve()
        },
      })
      for (const [partition, { from }] of missing) consumer.seek({ topic, partition, offset: String(from) })
    }
    await Promise.all([start(), all.promise]).finally(() => clearTimeout(bound))
    return found.slice(0, count)
  } finally {
    await consumer.disconnect().catch(() => {})
    await admin.deleteGroups([groupId]).catch(() => {})
    await admin.disconnect().catch(() => {})
  }
}

import { randomUUID } from 'node:crypto'
import { allTopics, choreography, deadLetterTopic, eventNamed, serviceNames, subscriptionsOf } from '@shop/choreography'
import { kafkaClient } from '@shop/transport-kafka'
import type { Consumer, IHeaders, KafkaMessage } from 'kafkajs'
import type { Seen } from './timeline.ts'

const text = (headers: IHeaders | undefined, name: string): string | undefined => {
  const header = headers?.[name]
  return (Array.isArray(header) ? header.at(-1) : header)?.toString()
}

const json = (value: Buffer | null): Record<string, unknown> => {
  try {
    return JSON.parse(value?.toString() ?? '{}') as Record<string, unknown>
  } catch {
    return {}
  }
}

const consumerOf = new Map(serviceNames.flatMap((s) => subscriptionsOf(s).map((t) => [deadLetterTopic(t, s), s] as const)))
const ownerOf = new Map(serviceNames.flatMap((s) => ('topic' in choreography[s] ? [[choreography[s].topic, s] as const] : [])))

const seenOf = (topic: string, { key, value, headers, timestamp }: KafkaMessage): Seen => {
  const ceType = text(headers, 'ce_type') ?? '(no type)'
  const name = ceType.split('.').at(-2) ?? ceType
  const storedAt = Date.parse(text(headers, 'ce_time') ?? '')
  const consumer = consumerOf.get(topic)
  return {
    atMs: Number.isNaN(storedAt) ? Number(timestamp) : storedAt,
    orderId: key?.toString() ?? '(no key)',
    id: text(headers, 'ce_id') ?? `${topic} ${timestamp}`,
    type: eventNamed(name)?.name ?? ceType,
    causationId: text(headers, 'ce_causationid'),
    service: consumer ?? ownerOf.get(topic as never) ?? topic,
    ...(consumer !== undefined && {
      deadLetter: {
        kind: text(headers, 'dead-letter-kind') ?? '',
        error: text(headers, 'dead-letter-error') ?? '',
      },
    }),
    data: json(value),
  }
}

export interface Following {
  /** True once all that had been written before the start has been read. */
  caughtUp(): boolean
  stop(): Promise<void>
}

export interface FollowOptions {
  readonly brokers: readonly string[]
  /** Records from this time on, in milliseconds since 1970; default all. */
  readonly sinceMs?: number | undefined
  readonly onSeen: (seen: Seen) => void
  readonly onFailed: (error: Error) => void
}

/**
 * Reads every topic of the shop from a point in time on, and goes on. Belongs to a consumer group of its own, which is deleted at the
 * end. @throws when no broker answers.
 */
export const followTopics = async ({ brokers, sinceMs = 0, onSeen, onFailed }: FollowOptions): Promise<Following> => {
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  const kafka = kafkaClient({ brokers, clientId: 'watch', log: quiet })
  const groupId = `watch-${randomUUID()}`
  const { events, deadLetters } = allTopics()
  const topics = [...events, ...deadLetters]
  const admin = kafka.admin()
  await admin.connect()
  const unread = new Map<string, number>()
  const starts: { topic: string; partition: number; offset: string }[] = []
  for (const topic of topics) {
    for (const { partition, high } of await admin.fetchTopicOffsets(topic)) unread.set(`${topic}/${partition}`, Number(high))
    for (const { partition, offset } of await admin.fetchTopicOffsetsByTimestamp(topic, sinceMs))
      starts.push({ topic, partition, offset })
  }
  for (const { topic, partition, offset } of starts) {
    const place = `${topic}/${partition}`
    if (Number(offset) >= (unread.get(place) ?? 0)) unread.delete(place)
  }
  const consumer: Consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: 100 })
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) onFailed(payload.error)
  })
  await consumer.connect()
  await consumer.subscribe({ topics, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ topic, partition, message }) => {
      onSeen(seenOf(topic, message))
      const place = `${topic}/${partition}`
      if (Number(message.offset) + 1 >= (unread.get(place) ?? 0)) unread.delete(place)
    },
  })
  for (const start of starts) consumer.seek(start)
  return {
    caughtUp: () => unread.size === 0,
    stop: async () => {
      await consumer.disconnect()
      await admin.deleteGroups([groupId]).catch(() => {}) // the broker forgets an empty group by itself, only later
      await admin.disconnect()
    },
  }
}

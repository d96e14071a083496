import { transportTo } from '@shop/broker'
import { allTopics, choreography, deadLetterTopic, eventNamed, serviceNames, subscriptionsOf } from '@shop/choreography'
import type { ConsumedRecord, TopicReader } from '@shop/messaging'
import type { Seen } from './timeline.ts'

const json = (value: Buffer | null): Record<string, unknown> => {
  try {
    return JSON.parse(value?.toString() ?? '{}') as Record<string, unknown>
  } catch {
    return {}
  }
}

const consumerOf = new Map(serviceNames.flatMap((s) => subscriptionsOf(s).map((t) => [deadLetterTopic(t, s), s] as const)))
const ownerOf = new Map(serviceNames.flatMap((s) => ('topic' in choreography[s] ? [[choreography[s].topic, s] as const] : [])))

const seenOf = ({ topic, key, value, headers, timestampMs }: ConsumedRecord): Seen => {
  const ceType = headers.ce_type ?? '(no type)'
  const name = ceType.split('.').at(-2) ?? ceType
  const storedAt = Date.parse(headers.ce_time ?? '')
  const consumer = consumerOf.get(topic)
  return {
    atMs: Number.isNaN(storedAt) ? timestampMs : storedAt,
    orderId: key ?? '(no key)',
    id: headers.ce_id ?? `${topic} ${timestampMs}`,
    type: eventNamed(name)?.name ?? ceType,
    causationId: headers.ce_causationid,
    service: consumer ?? ownerOf.get(topic as never) ?? topic,
    ...(consumer !== undefined && {
      deadLetter: {
        kind: headers['dead-letter-kind'] ?? '',
        error: headers['dead-letter-error'] ?? '',
      },
    }),
    data: json(value),
  }
}

export interface FollowOptions {
  readonly brokers: readonly string[]
  /** Records from this time on, in milliseconds since 1970; default all. */
  readonly sinceMs?: number | undefined
  readonly onSeen: (seen: Seen) => void
  readonly onFailed: (error: Error) => void
}

/** Reads every topic of the shop from a point in time on, and goes on. @throws when no broker answers. */
export const followTopics = async ({ brokers, sinceMs = 0, onSeen, onFailed }: FollowOptions): Promise<TopicReader> => {
  const { events, deadLetters } = allTopics()
  const transport = await transportTo({ brokers, clientId: 'watch' })
  const reader = transport.read({
    topics: [...events, ...deadLetters],
    from: { sinceMs },
    until: 'stopped',
    onRecords: (records) => {
      for (const record of records) onSeen(seenOf(record))
    },
  })
  await reader.started
  reader.ended.catch(onFailed)
  return reader
}

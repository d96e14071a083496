/** Pure: what one record on a topic means to somebody who only watches. */
import { allTopics, catalogueFor, eventNamed, serviceNames } from '@shop/choreography'
import type { ConsumedRecord } from '@shop/messaging'
import { decode } from '@shop/messaging'
import { kafkaPosition } from '@shop/transport-kafka'

/** The type under which a record is kept that fits no event. */
export const undecodable = '(undecodable)'

/** An event as it stands on its topic. Times in milliseconds since 1970. */
export interface SeenEvent {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly id: string
  readonly type: string
  readonly causationId: string | null
  readonly correlationId: string
  readonly traceparent: string | null
  readonly at: number
  readonly writtenAt: number
  /** The value as it came, as JSON; null when it is none. */
  readonly data: string | null
  readonly error: string | null
}

/** A copy on a dead-letter topic. */
export interface SeenLetter {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly consumer: string
  /** `<topic>/<partition>/<offset>` of the record that was set aside. */
  readonly position: string
  readonly kind: 'undecodable' | 'failed' | 'held' | 'suspicious'
  readonly error: string
  readonly attempts: number
  readonly type: string | null
  readonly eventId: string | null
  readonly firstAt: string
  readonly lastAt: string
}

/** `orderId` is undefined when the record's key is none: then it belongs to no saga. */
export type Observation =
  | { readonly kind: 'event'; readonly orderId: string | undefined; readonly event: SeenEvent }
  | { readonly kind: 'dead-letter'; readonly orderId: string | undefined; readonly letter: SeenLetter }

const known = catalogueFor(serviceNames[0] as (typeof serviceNames)[number])

/** Knows every event, and reads them all. */
const catalogue: Parameters<typeof decode>[1] = {
  ...known,
  lookup: (ceType) => {
    const entry = known.lookup(ceType)
    return entry && { ...entry, consumed: true }
  },
}

const consumerOf = new Map(allTopics().deadLetters.map((topic) => [topic, topic.split('.').at(-2) ?? '']))

/** All that the dashboard reads. */
export const watchedTopics: readonly string[] = [...allTopics().events, ...allTopics().deadLetters]
export const isDeadLetterTopic = (topic: string): boolean => consumerOf.has(topic)

/** Where a record stands on the broker. */
export const placeOf = ({ topic, position }: Pick<ConsumedRecord, 'topic' | 'position'>) => {
  const { partition, offset } = kafkaPosition(position)
  return { topic, partition, offset: Number(offset) }
}

const orderIdOf = (key: string | null): string | undefined =>
  key !== null && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(key) ? key : undefined

const textMax = 1_000
const valueMax = 64 * 1_024

/** The owner of an event; for a record that is none, of the topic on which it stands. */
export const serviceOf = (type: string, topic: string): string => eventNamed(type)?.service ?? topic.split('.').at(-1) ?? topic

export const observe = (record: ConsumedRecord): Observation =>
  isDeadLetterTopic(record.topic) ? letterIn(record) : eventIn(record)

const eventIn = (record: ConsumedRecord): Observation => {
  const { headers, timestampMs } = record
  const orderId = orderIdOf(record.key)
  const position = { ...placeOf(record), writtenAt: timestampMs }
  const decoded = decode(record, catalogue)
  if (decoded.kind === 'message') {
    const { id, type, causationId, correlationId, traceparent, at } = decoded.message
    const text = record.value?.toString() ?? ''
    const data = text.length > valueMax ? JSON.stringify(decoded.message.data) : text
    const links = { causationId: causationId ?? null, correlationId, traceparent: traceparent ?? null }
    return { kind: 'event', orderId, event: { ...position, id, type, ...links, at: Date.parse(at), data, error: null } }
  }
  const reason = decoded.kind === 'undecodable' ? decoded.reason : 'no event'
  const event: SeenEvent = {
    ...position,
    id: (headers.ce_id ?? '').slice(0, 100),
    type: undecodable,
    causationId: null,
    correlationId: (headers.ce_correlationid ?? '').slice(0, 100),
    traceparent: null,
    at: timestampMs,
    data: null,
    error: reason.slice(0, textMax),
  }
  return { kind: 'event', orderId, event }
}

const letterIn = (record: ConsumedRecord): Observation => {
  const { topic, key, headers, timestampMs } = record
  const from = (name: string) => headers[`dead-letter-${name}`]
  const kind = from('kind')
  const time = new Date(timestampMs).toISOString()
  const letter: SeenLetter = {
    ...placeOf(record),
    consumer: consumerOf.get(topic) ?? '',
    position: `${from('topic') ?? '?'}/${from('partition') ?? '?'}/${from('offset') ?? '?'}`.slice(0, 300),
    kind: kind === 'undecodable' || kind === 'held' || kind === 'suspicious' ? kind : 'failed',
    error: (from('error') ?? 'no reason is given').slice(0, textMax),
    attempts: Number(from('attempts')) || 1,
    type: known.lookup(headers.ce_type ?? '')?.type ?? null,
    eventId: from('event-id') ?? headers.ce_id ?? null,
    firstAt: from('first-at') ?? time,
    lastAt: from('last-at') ?? time,
  }
  return { kind: 'dead-letter', orderId: orderIdOf(key), letter }
}

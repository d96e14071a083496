/** Pure: what one record on a topic means to somebody who only watches. */
import { numbersOf } from '@shop/broker'
import { allTopics, catalogueFor, eventNamed, serviceNames } from '@shop/choreography'
import type { ConsumedRecord } from '@shop/messaging'
import { decode } from '@shop/messaging'
import { firstTime, iso } from './times.ts'

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
  /** For people, as JSON: the value as it came, or what its schema let through of one that is long or deep; null when it is none. */
  readonly data: string | null
  readonly error: string | null
  /** What the schema let through, to conclude from; null when it is none. Not kept. */
  readonly facts: Facts | null
}

/** What an order is told of by the data of its events. */
export interface Facts {
  readonly customerId: string | null
  readonly total: number | null
  readonly currency: string | null
  readonly reason: string | null
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
  const { partition, offset } = numbersOf(position)
  return { topic, partition, offset: Number(offset) }
}

const orderIdOf = (key: string | null): string | undefined =>
  key !== null && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(key) ? key : undefined

const textMax = 1_000
const valueMax = 64 * 1_024
const idMax = 100
const depthMax = 32
const attemptsMax = 1_000_000

/** The owner of an event; for a record that is none, of the topic on which it stands. */
export const serviceOf = (type: string, topic: string): string => eventNamed(type)?.service ?? topic.split('.').at(-1) ?? topic

export const observe = (record: ConsumedRecord): Observation =>
  isDeadLetterTopic(record.topic) ? letterIn(record) : eventIn(record)

/** Brackets within texts count as well: it is a bound, no measure. */
const isDeep = (json: string): boolean => {
  let depth = 0
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i) | 0x20 // [ and {, ] and } differ by this bit alone
    if (code === 0x7b) depth++
    else if (code === 0x7d) depth--
    if (depth > depthMax) return true
  }
  return false
}

const shownData = (value: Buffer | null, data: unknown): string | null => {
  const text = value !== null && value.length <= valueMax ? value.toString() : undefined
  if (text !== undefined && !isDeep(text)) return text
  const json = JSON.stringify(data) ?? ''
  return json.length > valueMax || json === '' || isDeep(json) ? null : json
}

const factsOf = (data: unknown): Facts => {
  const { customerId, total, currency, reason } = (data ?? {}) as Record<string, unknown>
  const text = (value: unknown) => (typeof value === 'string' ? value.slice(0, textMax) : null)
  return {
    customerId: text(customerId),
    total: Number.isSafeInteger(total) ? Number(total) : null,
    currency: text(currency),
    reason: text(reason),
  }
}

const eventIn = (record: ConsumedRecord): Observation => {
  const { headers, timestampMs } = record
  const orderId = orderIdOf(record.key)
  const decoded = decode(record, catalogue)
  if (decoded.kind === 'message') {
    const { id, type, causationId, correlationId, traceparent, data } = decoded.message
    const told = Date.parse(decoded.message.at)
    // A time that cannot be one is taken from the other clock.
    const times = { at: firstTime(told, timestampMs), writtenAt: firstTime(timestampMs, told) }
    const links = { causationId: short(causationId), correlationId, traceparent: short(traceparent) }
    const content = { data: shownData(record.value, data), error: null, facts: factsOf(data) }
    return { kind: 'event', orderId, event: { ...placeOf(record), id, type, ...links, ...times, ...content } }
  }
  const reason = decoded.kind === 'undecodable' ? decoded.reason : 'no event'
  const event: SeenEvent = {
    ...placeOf(record),
    writtenAt: firstTime(timestampMs),
    id: short(headers.ce_id) ?? '',
    type: undecodable,
    causationId: null,
    correlationId: short(headers.ce_correlationid) ?? '',
    traceparent: null,
    at: firstTime(timestampMs),
    data: null,
    error: reason.slice(0, textMax),
    facts: null,
  }
  return { kind: 'event', orderId, event }
}

const short = (text: string | undefined): string | null => text?.slice(0, idMax) ?? null

const letterIn = (record: ConsumedRecord): Observation => {
  const { topic, key, headers, timestampMs } = record
  const from = (name: string) => headers[`dead-letter-${name}`]
  const kind = from('kind')
  const timeIn = (name: string) => iso(firstTime(Date.parse(from(name) ?? ''), timestampMs))
  const attempts = Number(from('attempts'))
  const letter: SeenLetter = {
    ...placeOf(record),
    consumer: consumerOf.get(topic) ?? '',
    position: `${from('topic') ?? '?'}/${from('partition') ?? '?'}/${from('offset') ?? '?'}`.slice(0, 300),
    kind: kind === 'undecodable' || kind === 'held' || kind === 'suspicious' ? kind : 'failed',
    error: (from('error') ?? 'no reason is given').slice(0, textMax),
    attempts: Number.isInteger(attempts) && attempts >= 0 && attempts <= attemptsMax ? attempts : 1,
    type: known.lookup(headers.ce_type ?? '')?.type ?? null,
    eventId: short(from('event-id') ?? headers.ce_id),
    firstAt: timeIn('first-at'),
    lastAt: timeIn('last-at'),
  }
  return { kind: 'dead-letter', orderId: orderIdOf(key), letter }
}

import { type Message, now } from './message.ts'
import {
  fingerprintOf,
  keyBytesOf,
  packedParts,
  type RawHeader,
  rawHeadersOf,
  readableOf,
  unpackedParts,
} from './record-bytes.ts'
import type { ConsumedRecord, OutgoingRecord } from './transport.ts'

/** Why a record was set aside. */
export interface Failure {
  /**
   * `undecodable`: it can never be handled as it is. `failed`: handling it went wrong each time. `held`: it waits behind a failed one of
   * its key. `suspicious`: it contradicts what the consumer knows. `unsendable`: an outgoing one that the broker will never take; it stays
   * stored, and the later ones of its key with it.
   */
  readonly kind: 'undecodable' | 'failed' | 'held' | 'suspicious' | 'unsendable'
  /** One line. */
  readonly error: string
  readonly attempts: number
  /** ISO 8601. */
  readonly firstAt: string
  readonly lastAt: string
  readonly eventId?: string | undefined
}

/** A record set aside by one consumer, as it came, and why. */
export interface DeadLetter {
  /**
   * `<topic>/<position>/<fingerprint>` of the record: each record is set aside once, and another one that stands in its place, on a topic
   * that began anew, is another letter. Letters of earlier releases have no fingerprint.
   */
  readonly id: string
  readonly record: ConsumedRecord
  readonly failure: Failure
}

/** True when later messages of the letter's key wait behind it. */
export const holdsKey = ({ failure: { kind } }: Pick<DeadLetter, 'failure'>): boolean => kind === 'failed' || kind === 'held'

/** What a letter's event is handled under; `undefined` when nothing of its record is to be trusted, not even the id. */
export const handledBy = (letter: DeadLetter): Pick<Message, 'id' | 'source'> | undefined => {
  const { eventId } = letter.failure
  return eventId === undefined || !holdsKey(letter) ? undefined : { id: eventId, source: letter.record.headers.ce_source }
}

/** The letter of a message that turned out to be suspicious when it was tried again: it holds its key no longer. */
export const doubtedLetter = (letter: DeadLetter, reason: string): DeadLetter => ({
  ...letter,
  failure: {
    ...letter.failure,
    kind: 'suspicious',
    error: oneLine(reason),
    attempts: letter.failure.attempts + 1,
    lastAt: now(),
  },
})

const errorLengthMax = 1_000
const eventIdLengthMax = 100

/** One line that every database takes. */
export const oneLine = (text: string): string =>
  text
    .slice(0, 4 * errorLengthMax)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .slice(0, errorLengthMax)
    .toWellFormed()

export const letterOf = (record: ConsumedRecord, failure: Failure): DeadLetter => ({
  id: `${record.topic}/${record.position}/${fingerprintOf(record)}`,
  record,
  failure: {
    ...failure,
    error: oneLine(failure.error),
    ...(failure.eventId === undefined ? {} : { eventId: oneLine(failure.eventId).slice(0, eventIdLengthMax) }),
  },
})

/**
 * A letter's record as a database keeps it, beside its value: as JSON when that can say it, in few bytes. Those stored before positions
 * were opaque have none.
 */
export type StoredRecord = Omit<ConsumedRecord, 'value' | 'position' | 'raw'> & { readonly position?: string }

const storedTextMax = 16_384

/** What a database keeps of a record, beside its value. */
export interface StoredParts {
  /** JSON of `StoredRecord`, never large, without NUL. */
  readonly record: string
  /** Key and headers whole, where `record` has not all of them; see `restoredLetter`. */
  readonly parts: Buffer | null
}

export const storedParts = ({ value: _, raw, ...record }: ConsumedRecord): StoredParts => {
  const json = JSON.stringify(record)
  if (raw === undefined && json.length <= storedTextMax && !json.includes('\\u0000')) return { record: json, parts: null }
  const key = record.key === null ? null : briefly(record.key)
  return {
    record: JSON.stringify({ ...record, key, headers: brief(record.headers) }),
    parts: packedParts({ ...record, ...(raw && { raw }) }),
  }
}

const briefLengthMax = 200
const briefly = (text: string): string =>
  text.length <= briefLengthMax && !text.includes('\0') ? text : readableOf(Buffer.from(text), briefLengthMax)

/** The headers by which an event is known; the others are with the whole. */
const brief = (headers: ConsumedRecord['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, text]) => (/^ce_[a-z]{1,30}$/.test(name) ? [[name, briefly(text)]] : [])),
  )

/**
 * A letter as it was before it was stored.
 * @param parts as stored; without them, where there are some, key and headers are brief.
 */
export const restoredLetter = (
  id: string,
  stored: StoredRecord,
  value: Buffer | null,
  failure: Failure,
  parts: Buffer | null = null,
): DeadLetter => {
  const { topic, position = id.slice(topic.length + 1), key, headers, timestampMs, ...rest } = stored
  // Of an earlier release, that knew partition and offset.
  const { partition: _, offset: __, ...further } = rest as Record<string, unknown>
  return {
    id,
    record: { topic, position, key, value, headers, timestampMs, ...further, ...(parts && unpackedParts(parts)) },
    failure,
  }
}

/** A position in the words of the broker, by what it is called there. */
export type DescribePosition = (position: string) => Readonly<Record<string, string>>

/** How much of a record its copy has: all; a beginning of its value and few headers; or only what was told of it. */
export const copyExtents = ['whole', 'cut', 'bare'] as const
export type CopyExtent = (typeof copyExtents)[number]

const cutValueBytes = 65_536
const cutHeadersBytes = 65_536
const cutKeyBytes = 1_024

/** The copy for the dead-letter topic: key, value and headers unchanged, with headers that tell where it came from and why it is there. */
export const deadLetterRecord = (
  letter: DeadLetter,
  topic: string,
  consumer: string,
  describePosition: DescribePosition,
  extent: CopyExtent = 'whole',
): OutgoingRecord => {
  const { record, failure } = letter
  const { key, value, headers, raw } = copied(letter, consumer, extent)
  return {
    topic,
    key,
    value,
    headers: {
      ...headers,
      'dead-letter-topic': record.topic,
      ...prefixed(describePosition(record.position)),
      'dead-letter-consumer': consumer,
      'dead-letter-kind': failure.kind,
      'dead-letter-error': failure.error,
      'dead-letter-attempts': String(failure.attempts),
      'dead-letter-first-at': failure.firstAt,
      'dead-letter-last-at': failure.lastAt,
      ...(failure.eventId === undefined ? {} : { 'dead-letter-event-id': failure.eventId }),
    },
    ...(raw === undefined ? {} : { raw }),
  }
}

const isOurs = (name: string): boolean => name.startsWith('dead-letter-')

/** As much of the record as the extent says; what is left out is told in the header `dead-letter-cut`. */
const copied = ({ id, record }: DeadLetter, consumer: string, extent: CopyExtent): Omit<OutgoingRecord, 'topic'> => {
  const { key, value, headers, raw } = record
  if (extent === 'whole') {
    const further = raw?.headers?.filter(([name]) => !isOurs(name)) ?? []
    const kept = raw && { ...(raw.key && { key: raw.key }), ...(further.length > 0 && { headers: further }) }
    return { key, value, headers, raw: kept }
  }
  const all = rawHeadersOf(record)
  const keptHeaders = extent === 'bare' ? [] : firstOf(all)
  const keptValue = extent === 'bare' ? null : (value?.subarray(0, cutValueBytes) ?? null)
  const keyBytes = keyBytesOf(record)
  const isKeyKept = extent === 'cut' && (keyBytes?.length ?? 0) <= cutKeyBytes
  const cut = [
    `${keptValue?.length ?? 0} of ${value?.length ?? 0} bytes of the value`,
    `${keptHeaders.length} of ${all.length} headers`,
    ...(isKeyKept ? [] : [`0 of ${keyBytes?.length ?? 0} bytes of the key`]),
  ]
  const told = { 'dead-letter-cut': `${cut.join(', ')}; the whole is letter ${id} of ${consumer}` }
  return {
    key: isKeyKept ? key : null,
    value: keptValue,
    headers: told,
    raw: { ...(isKeyKept && raw?.key && { key: raw.key }), headers: keptHeaders },
  }
}

/** The first headers, as far as there is room for them. */
const firstOf = (headers: readonly RawHeader[]): readonly RawHeader[] => {
  let room = cutHeadersBytes
  return headers.filter(([name, content]) => {
    const bytes = Buffer.byteLength(name) + (content?.length ?? 0) + 16
    if (isOurs(name) || bytes > room) return false
    room -= bytes
    return true
  })
}

const prefixed = (parts: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(parts).map(([name, part]) => [`dead-letter-${name}`, part]))

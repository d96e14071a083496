import { type Message, now } from './message.ts'
import type { ConsumedRecord, OutgoingRecord } from './transport.ts'

/** Why a record was set aside. */
export interface Failure {
  /**
   * `undecodable`: it can never be handled as it is. `failed`: handling it went wrong each time. `held`: it waits behind a failed one of its
   * key. `suspicious`: it contradicts what the consumer knows.
   */
  readonly kind: 'undecodable' | 'failed' | 'held' | 'suspicious'
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
  /** `<topic>/<position>` of the record: each record is set aside once. */
  readonly id: string
  readonly record: ConsumedRecord
  readonly failure: Failure
}

/** True when what comes later for its key has to wait behind the letter. */
export const holdsKey = ({ failure }: Pick<DeadLetter, 'failure'>): boolean =>
  failure.kind === 'failed' || failure.kind === 'held'

/** What a letter's event is handled under; `undefined` when nothing of its record is to be trusted, not even the id. */
export const handledBy = ({ record, failure }: DeadLetter): Pick<Message, 'id' | 'source'> | undefined =>
  failure.eventId === undefined || !holdsKey({ failure }) ? undefined : { id: failure.eventId, source: record.headers.ce_source }

/** The letter of a message that turned out to be suspicious when it was tried again: it holds its key no longer. */
export const doubtedLetter = (letter: DeadLetter, reason: string): DeadLetter =>
  letterOf(letter.record, {
    ...letter.failure,
    kind: 'suspicious',
    error: reason,
    attempts: letter.failure.attempts + 1,
    lastAt: now(),
  })

export const letterOf = (record: ConsumedRecord, failure: Failure): DeadLetter => ({
  id: `${record.topic}/${record.position}`,
  record,
  failure: { ...failure, error: failure.error.replace(/[\s\p{Cc}]+/gu, ' ').slice(0, 1_000) },
})

/** A letter's record as a database keeps it, beside its value. Those stored before positions were opaque have none. */
export type StoredRecord = Omit<ConsumedRecord, 'value' | 'position'> & { readonly position?: string }

/** A letter as it was before it was stored. */
export const restoredLetter = (id: string, stored: StoredRecord, value: Buffer | null, failure: Failure): DeadLetter => {
  const { topic, key, headers, timestampMs } = stored
  return { id, record: { topic, position: id.slice(topic.length + 1), key, value, headers, timestampMs }, failure }
}

/** A position in the words of the broker, by what it is called there. */
export type DescribePosition = (position: string) => Readonly<Record<string, string>>

/** The copy for the dead-letter topic: key, value and headers unchanged, with headers that tell where it came from and why it is there. */
export const deadLetterRecord = (
  { record, failure }: DeadLetter,
  topic: string,
  consumer: string,
  describePosition: DescribePosition,
): OutgoingRecord => ({
  topic,
  key: record.key,
  value: record.value,
  headers: {
    ...record.headers,
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
})

const prefixed = (parts: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(parts).map(([name, part]) => [`dead-letter-${name}`, part]))

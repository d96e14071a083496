import type { ConsumedRecord, OutgoingRecord } from './transport.ts'

/** Why a record was set aside. */
export interface Failure {
  /** `undecodable`: it can never be handled as it is. `failed`: handling it went wrong each time. `held`: it waits behind a failed one of its key. */
  readonly kind: 'undecodable' | 'failed' | 'held'
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
  /** `<topic>/<partition>/<offset>` of the record: each record is set aside once. */
  readonly id: string
  readonly record: ConsumedRecord
  readonly failure: Failure
}

export const letterOf = (record: ConsumedRecord, failure: Failure): DeadLetter => ({
  id: `${record.topic}/${record.partition}/${record.offset}`,
  record,
  failure: { ...failure, error: failure.error.replace(/[\s\p{Cc}]+/gu, ' ').slice(0, 1_000) },
})

/** The copy for the dead-letter topic: key, value and headers unchanged, with headers that tell where it came from and why it is there. */
export const deadLetterRecord = ({ record, failure }: DeadLetter, topic: string, consumer: string): OutgoingRecord => ({
  topic,
  key: record.key,
  value: record.value,
  headers: {
    ...record.headers,
    'dead-letter-topic': record.topic,
    'dead-letter-partition': String(record.partition),
    'dead-letter-offset': record.offset,
    'dead-letter-consumer': consumer,
    'dead-letter-kind': failure.kind,
    'dead-letter-error': failure.error,
    'dead-letter-attempts': String(failure.attempts),
    'dead-letter-first-at': failure.firstAt,
    'dead-letter-last-at': failure.lastAt,
    ...(failure.eventId === undefined ? {} : { 'dead-letter-event-id': failure.eventId }),
  },
})

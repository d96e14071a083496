import { setTimeout as pause } from 'node:timers/promises'
import { gather, type Log, type OutgoingRecord, type Publisher, within } from '@shop/messaging/driver'
import { CompressionTypes, type Kafka, type Message, type TopicMessages } from 'kafkajs'
import { SecondAttempt } from './mends/partitioning.ts'
import { keepProducer } from './producer-connection.ts'

export interface PublisherSettings {
  /** Bound of one produce request, and of waiting for a connection once it is lost; default 10,000 ms. */
  readonly publishMsMax?: number
  /** Most records gathered into one produce request; default 500. kafkajs groups them in quadratic time, so not thousands. */
  readonly recordsPerRequestMax?: number
  /** Most records that wait for their request; default 20,000. */
  readonly recordsQueuedMax?: number
}

export interface PublisherOptions extends PublisherSettings {
  readonly kafka: Kafka
  readonly log: Log
}

/** A partition's share of a request is one Kafka batch, which the broker refuses above `message.max.bytes` (1,048,588 by default). */
const requestBytesMax = 900_000
/** More than an event topic takes: a dead letter carries a record of any size that came in, and its own headers. */
const recordBytesMax = 1_900_000
/** Of one request, when its leader moved or its connection broke. */
const attemptsMax = 3
const attemptDelayMs = 100

/**
 * An idempotent producer (acks=all) with one produce request under way at a time: with several, kafkajs silently loses records when
 * a connection drops between them (`src/producer/sendMessages.js` rolls sequence numbers back which the broker has seen). For the
 * same reason a producer is never used again after a request that failed: part of it may be stored under numbers that the next one
 * would repeat. Its successor begins with a new id and sends the whole request again, which causes a duplicate, never a loss.
 *
 * Connects by itself, also after a broker was away. Rejects with `Overloaded` when too much waits, with `RangeError` for a record
 * over 1,900,000 bytes; otherwise as `Publisher` says.
 */
export const kafkaPublisher = (options: PublisherOptions): Publisher => {
  const { kafka, log, publishMsMax = 10_000, recordsPerRequestMax = 500, recordsQueuedMax = 20_000 } = options
  const connection = keepProducer({ kafka, log })
  const underWay = new Set<Promise<unknown>>()
  let closed = false

  const send = async (records: readonly OutgoingRecord[]) => {
    const giveUpAt = performance.now() + publishMsMax
    for (let attempt = 1; ; attempt++) {
      const producer = await connection.producer(publishMsMax)
      try {
        const topicMessages = byTopic(records)
        return await within(
          publishMsMax,
          'a produce request',
          producer.sendBatch({ acks: -1, compression: CompressionTypes.None, topicMessages }),
        )
      } catch (error) {
        connection.discard(producer, error)
        if (!(error instanceof SecondAttempt) || attempt === attemptsMax || performance.now() > giveUpAt) throw error
        await pause(attemptDelayMs)
      }
    }
  }

  const gathered = gather<OutgoingRecord, undefined>({
    maxItems: recordsPerRequestMax,
    maxQueued: recordsQueuedMax,
    run: async (records) => {
      for (const request of withinBytes(records)) await send(request)
      return records.map(() => undefined)
    },
  })

  return {
    publish: async (records) => {
      if (closed) throw new Error('the publisher is closed')
      const tooLarge = records.find((record) => sizeBytes(record) > recordBytesMax)
      if (tooLarge)
        throw new RangeError(`a record of ${tooLarge.topic} has ${sizeBytes(tooLarge)} bytes, more than ${recordBytesMax}`)
      const publishing = gathered(records)
      underWay.add(publishing)
      try {
        await publishing
      } finally {
        underWay.delete(publishing)
      }
    },
    ready: connection.ready,
    close: async () => {
      closed = true
      await within(publishMsMax, 'publishing what is under way', Promise.allSettled(underWay)).catch((error) =>
        log.warn({ err: error, calls: underWay.size }, 'kafka: closing the publisher with calls under way'),
      )
      await connection.close()
    },
  }
}

/** One entry per topic, its records in their order: records of one key share a topic and a partition, hence a batch. */
const byTopic = (records: readonly OutgoingRecord[]): TopicMessages[] =>
  [...Map.groupBy(records, ({ topic }) => topic)].map(([topic, ofTopic]) => ({ topic, messages: ofTopic.map(toMessage) }))

const toMessage = ({ key, value, headers }: OutgoingRecord): Message => ({ key, value, headers: { ...headers } })

/** Consecutive runs of records whose size stays within a request's. */
const withinBytes = (records: readonly OutgoingRecord[]): readonly OutgoingRecord[][] => {
  const requests: OutgoingRecord[][] = [[]]
  let bytes = 0
  for (const record of records) {
    const size = sizeBytes(record)
    if (bytes > 0 && bytes + size > requestBytesMax) {
      requests.push([])
      bytes = 0
    }
    requests.at(-1)?.push(record)
    bytes += size
  }
  return requests
}

const perRecordBytes = 64
const perHeaderBytes = 4

const sizeBytes = ({ key, value, headers }: OutgoingRecord): number => {
  let bytes = perRecordBytes + (key === null ? 0 : Buffer.byteLength(key)) + (value === null ? 0 : Buffer.byteLength(value))
  for (const name in headers) bytes += perHeaderBytes + Buffer.byteLength(name) + Buffer.byteLength(headers[name] ?? '')
  return bytes
}

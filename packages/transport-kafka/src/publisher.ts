import { setTimeout as pause } from 'node:timers/promises'
import { gather, type Log, type OutgoingRecord, type Publisher, Unsendable, within } from '@shop/messaging/driver'
import { CompressionTypes, type Kafka, type TopicMessages } from 'kafkajs'
import { SecondAttempt } from './mends/partitioning.ts'
import { keepProducer } from './producer-connection.ts'
import { isRefusal, sizeBytes, toMessage } from './sending.ts'

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
 * Connects by itself, also after a broker was away. Rejects with `Overloaded` when too much waits, with `Unsendable` for a record over
 * 1,900,000 bytes before anything is sent; otherwise as `Publisher` says.
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
      for (const request of withinBytes(records)) await sendApart(request, send)
      return records.map(() => undefined)
    },
  })

  return {
    publish: async (records) => {
      if (closed) throw new Error('the publisher is closed')
      const tooLarge = records.find((record) => sizeBytes(record) > recordBytesMax)
      if (tooLarge)
        throw new Unsendable(
          tooLarge,
          `a record of ${tooLarge.topic} has ${sizeBytes(tooLarge)} bytes, more than ${recordBytesMax}`,
        )
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

/** A request that the broker refuses is sent in halves, until the record that it does not take stands alone. @throws Unsendable */
const sendApart = async (
  records: readonly OutgoingRecord[],
  send: (records: readonly OutgoingRecord[]) => Promise<unknown>,
): Promise<void> => {
  try {
    await send(records)
  } catch (error) {
    const [only, ...others] = records
    if (only === undefined || !isRefusal(error)) throw error
    if (others.length === 0) throw new Unsendable(only, `${only.topic}: ${(error as Error).message}`, { cause: error })
    const middle = Math.ceil(records.length / 2)
    await sendApart(records.slice(0, middle), send)
    await sendApart(records.slice(middle), send)
  }
}

/** One entry per topic, its records in their order: records of one key share a topic and a partition, hence a batch. */
const byTopic = (records: readonly OutgoingRecord[]): TopicMessages[] =>
  [...Map.groupBy(records, ({ topic }) => topic)].map(([topic, ofTopic]) => ({ topic, messages: ofTopic.map(toMessage) }))

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

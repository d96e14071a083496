import { type Log, within } from '@shop/messaging/driver'
import type { Kafka, Producer } from 'kafkajs'
import { metadataAgeMsMax } from './client.ts'
import { onePartitioning } from './mends/partitioning.ts'

export interface ProducerConnection {
  ready(): boolean
  /**
   * The connected producer. @throws TookTooLong when there is none `ms` after the last one was lost; so what waited in a queue
   * meanwhile does not wait that long once more.
   */
  producer(ms: number): Promise<Producer>
  /** Says that this producer's state is unknown: it is never used again, and another one takes its place. */
  discard(producer: Producer, reason: unknown): void
  close(): Promise<void>
}

const connectMsMax = 10_000
const reconnectDelayMsMin = 100
const reconnectDelayMsMax = 2_000
const probeIntervalMs = 2_000
const disconnectMsMax = 2_000
const waitMsMin = 200

/** Keeps one idempotent producer connected until it is closed, and makes a new one whenever it is told that the present one is spoilt. */
export const keepProducer = ({ kafka, log }: { readonly kafka: Kafka; readonly log: Log }): ProducerConnection => {
  let closed = false
  let live: Producer | undefined
  let arrival = Promise.withResolvers<Producer>()
  let lostAt = performance.now()
  let wake = () => {}

  const discard = (producer: Producer, reason: unknown) => {
    if (live === producer) {
      live = undefined
      lostAt = performance.now()
      arrival = Promise.withResolvers<Producer>()
      log.warn({ err: reason }, 'kafka: the producer is given up, a new one takes its place')
      wake()
    }
    void quietly(producer)
  }

  const rest = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, closed ? 0 : ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  const keep = async () => {
    let delayMs = reconnectDelayMsMin
    while (!closed) {
      if (live) {
        await rest(probeIntervalMs)
        await probe(live)
        continue
      }
      const producer = idempotentProducer(kafka)
      try {
        await within(connectMsMax, 'connecting the producer', producer.connect())
        delayMs = reconnectDelayMsMin
        live = producer
        arrival.resolve(producer)
      } catch (error) {
        void quietly(producer)
        log.warn({ err: error, delayMs }, 'kafka: no producer, trying again')
        await rest(delayMs)
        delayMs = Math.min(delayMs * 2, reconnectDelayMsMax)
      }
    }
  }

  /**
   * kafkajs tells nobody when an idle connection breaks. Its `connect` does nothing while there is one, connects again when there is
   * none, and keeps the producer's id and sequences (`src/producer/index.js`, `src/cluster/brokerPool.js`).
   */
  const probe = async (producer: Producer | undefined) => {
    if (!producer || closed) return
    try {
      await within(connectMsMax, 'reconnecting the producer', producer.connect())
    } catch (error) {
      discard(producer, error)
    }
  }

  const keeping = keep()
  return {
    ready: () => live !== undefined && !closed,
    producer: async (ms) => {
      if (closed) throw new Error('the publisher is closed')
      const waitMs = Math.max(waitMsMin, lostAt + ms - performance.now())
      return live ?? within(waitMs, 'waiting for a connection to Kafka', arrival.promise)
    },
    discard,
    close: async () => {
      closed = true
      wake()
      await within(disconnectMsMax, 'ending the connection attempts', keeping).catch(() => {})
      if (live) await quietly(live)
      live = undefined
    },
  }
}

/** Disconnecting waits for requests under way, which a broker that is away does not answer. */
const quietly = (producer: Producer) =>
  within(disconnectMsMax, 'disconnecting the producer', producer.disconnect()).catch(() => {})

/** kafkajs insists on a retry for an idempotent producer; `onePartitioning` sees to it that none is sent. */
const idempotentProducer = (kafka: Kafka): Producer =>
  kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    metadataMaxAge: metadataAgeMsMax,
    createPartitioner: onePartitioning,
    retry: { retries: 1, initialRetryTime: 100, maxRetryTime: 500 },
  })

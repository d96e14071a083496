/** A consumer of kafkajs as it is, for what the kit's own consumer refuses to do. */
import { kafkaClient } from '@shop/transport-kafka'
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import { type Payment, paymentIn } from '../../payments/payment.ts'
import { type ConsumerSettings, chunk, heartbeatIntervalMs, sessionTimeoutMs } from './settings.ts'

const nothing = () => {}
const quiet = { debug: nothing, info: nothing, warn: nothing, error: nothing }

export const clientOf = ({ brokers }: Pick<ConsumerSettings, 'brokers'>): Kafka =>
  kafkaClient({ brokers, clientId: 'lab', log: quiet })

export const rawConsumer = async ({ brokers, topic, groupId }: ConsumerSettings): Promise<Consumer> => {
  const consumer = clientOf({ brokers }).consumer({
    groupId,
    sessionTimeout: sessionTimeoutMs,
    heartbeatInterval: heartbeatIntervalMs,
    rebalanceTimeout: 2 * sessionTimeoutMs,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
    // whatever it was: otherwise the process would live on and consume nothing
    retry: { restartOnFailure: async () => true },
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  return consumer
}

/** Some payments of one partition, in their order, and the offset that stands behind the last one. */
export interface Chunk {
  readonly payments: readonly Payment[]
  readonly offsets: readonly { readonly topic: string; readonly partition: number; readonly offset: string }[]
}

/** Calls `handle` with one chunk after the other, of one partition at a time; commits nothing. */
export const eachChunk = async (consumer: Consumer, handle: (chunk: Chunk) => Promise<void>): Promise<void> => {
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: 1,
    eachBatch: async ({ batch, heartbeat, isRunning, isStale, resolveOffset }: EachBatchPayload) => {
      for (let from = 0; from < batch.messages.length; from += chunk) {
        if (!isRunning() || isStale()) return
        const messages = batch.messages.slice(from, from + chunk)
        const last = messages.at(-1)?.offset ?? '0'
        const offset = String(BigInt(last) + 1n)
        // beside the handler: on a slow machine a chunk can take longer than a session
        const beating = setInterval(() => void heartbeat().catch(() => {}), heartbeatIntervalMs)
        await handle({
          payments: messages.map(paymentIn),
          offsets: [{ topic: batch.topic, partition: batch.partition, offset }],
        }).finally(() => clearInterval(beating))
        resolveOffset(last)
        await heartbeat()
      }
    },
    eachBatchAutoResolve: false,
  })
}

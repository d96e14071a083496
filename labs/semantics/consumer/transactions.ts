/** Kafka transactions: what is read, what is written and the offset are one, as long as all of it is in Kafka. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Producer, Transaction } from 'kafkajs'
import { type Payment, recordOf } from '../../payments/payment.ts'
import type { Consume, Tools } from './consumer.ts'
import { type Chunk, clientOf, eachChunk, rawConsumer } from './raw.ts'
import type { ConsumerSettings } from './settings.ts'

/** The same id in each life: whoever comes with it ends the transaction that its forerunner left open. */
const transactional = async (settings: ConsumerSettings): Promise<Producer> => {
  const producer = clientOf(settings).producer({
    transactionalId: settings.groupId,
    idempotent: true,
    maxInFlightRequests: 1,
    transactionTimeout: 10_000,
    allowAutoTopicCreation: false,
  })
  await producer.connect()
  return producer
}

const attemptsMax = 100
const betweenAttemptsMs = 20

/**
 * While the broker still writes the marks of the transaction before, it refuses the next one's offsets; kafkajs tries records again then, but
 * not offsets (`src/producer/eosManager`, sendOffsets).
 */
const sendOffsets = async (transaction: Transaction, groupId: string, offsets: Chunk['offsets']): Promise<void> => {
  const topics = offsets.map(({ topic, partition, offset }) => ({ topic, partitions: [{ partition, offset }] }))
  for (let attempts = 1; ; attempts++) {
    try {
      return await transaction.sendOffsets({ consumerGroupId: groupId, topics })
    } catch (error) {
      if ((error as { readonly type?: string }).type !== 'CONCURRENT_TRANSACTIONS' || attempts === attemptsMax) throw error
      await pause(betweenAttemptsMs)
    }
  }
}

type Effect = (payment: Payment, transaction: Transaction) => Promise<void>

const within =
  (effectOf: (tools: Tools) => Effect): Consume =>
  async (tools) => {
    const { settings } = tools
    const producer = await transactional(settings)
    const consumer = await rawConsumer(settings)
    const effect = effectOf(tools)
    await eachChunk(consumer, async ({ payments, offsets }) => {
      const transaction = await producer.transaction()
      try {
        for (const payment of payments) await effect(payment, transaction)
        await sendOffsets(transaction, settings.groupId, offsets)
        await transaction.commit()
      } catch (error) {
        if (transaction.isActive()) await transaction.abort() // the chunk comes again, and begins one of its own
        throw error
      }
    })
    return async () => {
      await consumer.disconnect()
      await producer.disconnect()
    }
  }

/** The effect is a record, written in the transaction. */
export const transactionTopic = within(
  ({ settings: { resultTopic, life: lifeNumber }, life }) =>
    async (payment, transaction) => {
      await life.before()
      const { key, value, headers } = recordOf(payment, resultTopic)
      await transaction.send({
        topic: resultTopic,
        messages: [{ key, value, headers: { ...headers, life: String(lifeNumber) } }],
      })
      await life.after()
    },
)

/** The effect is a row of another database, of which Kafka's transaction knows nothing. */
export const transactionDatabase = within(
  ({ book }) =>
    (payment) =>
      book(payment),
)

/** The modes that differ only in when the offset is committed. */
import { setImmediate as turn } from 'node:timers/promises'
import { kafkaTransport } from '@shop/transport-kafka'
import { type Payment, paymentIn } from '../../payments/payment.ts'
import type { Consume } from './consumer.ts'
import { eachChunk, rawConsumer } from './raw.ts'
import { autoCommitIntervalMs, chunk, heartbeatIntervalMs, sessionTimeoutMs } from './settings.ts'

/** Commits, then handles. The kit cannot do this: it commits what a handler has finished. */
export const commitFirst: Consume = async ({ settings, book }) => {
  const consumer = await rawConsumer(settings)
  await eachChunk(consumer, async ({ payments, offsets }) => {
    await consumer.commitOffsets([...offsets])
    for (const payment of payments) await book(payment)
  })
  return () => consumer.disconnect()
}

/** The kit's consumer with a handler that drops nothing: handles, then commits. */
export const commitAfter: Consume = async ({ settings: { brokers, topic, groupId }, book }) => {
  const subscription = kafkaTransport({ brokers, clientId: 'lab' }).subscribe({
    groupId,
    topics: [topic],
    maxRecordsPerChunk: chunk,
    sessionTimeoutMs,
    heartbeatIntervalMs,
    commitIntervalMs: 20,
    handle: async (records) => {
      for (const record of records) await book(paymentIn(record))
    },
    onFatal: (error) => {
      throw error
    },
  })
  return () => subscription.stop()
}

/** kafkajs commits by time what a handler has returned from. */
export const autoCommit: Consume = async ({ settings, book }) => {
  const consumer = await rawConsumer(settings)
  await consumer.run({
    autoCommit: true,
    autoCommitInterval: autoCommitIntervalMs,
    eachMessage: async ({ message }) => book(paymentIn(message)),
  })
  return () => consumer.disconnect()
}

/** The same, with a handler that only puts the payment into a queue of the process: the commit knows nothing of the queue. */
export const autoCommitHandedOver: Consume = async ({ settings, book }) => {
  const consumer = await rawConsumer(settings)
  const queue: Payment[] = []
  let working: Promise<void> | undefined
  const work = async () => {
    await turn()
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await book(next)
    working = undefined
  }
  await consumer.run({
    autoCommit: true,
    autoCommitInterval: autoCommitIntervalMs,
    eachMessage: async ({ message }) => {
      queue.push(paymentIn(message))
      working ??= work()
    },
  })
  return async () => {
    await consumer.disconnect()
    await working
  }
}

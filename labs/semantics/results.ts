/** Effects that are records of a topic, as two readers see them. */
import { randomUUID } from 'node:crypto'
import type { Transport } from '@shop/messaging'
import { within } from '@shop/messaging/driver'
import type { Consumer } from 'kafkajs'
import type { Booking } from '../payments/counting.ts'
import { paymentIn } from '../payments/payment.ts'
import { clientOf } from './consumer/raw.ts'

/** Effects where the mode has them. */
export interface Effects {
  readonly effects: readonly Booking[]
  /** What a reader sees who does not ask whether a transaction was committed; absent where there is none. */
  readonly uncommitted?: readonly Booking[]
}

const readMsMax = 30_000
const endMark = 'end'

/** Writes an end mark behind all transactions, and reads up to it: what is filtered out would leave no trace of the topic's end. */
export const readResults = async (transport: Transport, brokers: readonly string[], topic: string): Promise<Effects> => {
  const publisher = transport.publisher()
  await publisher.publish([{ topic, key: endMark, value: null, headers: {} }]).finally(() => publisher.close())
  return { effects: await read(brokers, topic, false), uncommitted: await read(brokers, topic, true) }
}

/** @param topic of one partition */
const read = async (brokers: readonly string[], topic: string, readUncommitted: boolean): Promise<Booking[]> => {
  const consumer: Consumer = clientOf({ brokers }).consumer({
    groupId: `lab-results-${randomUUID()}`,
    readUncommitted,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
  })
  const end = Promise.withResolvers<void>()
  const bookings: Booking[] = []
  await consumer.connect()
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ message }) => {
        if (String(message.key) === endMark) return end.resolve()
        const { id, account, sequence } = paymentIn(message)
        bookings.push({ id, account, sequence, life: Number(message.headers?.life), atMs: Number(message.timestamp) })
      },
    })
    await within(readMsMax, `reading ${topic}`, end.promise)
    return bookings
  } finally {
    await consumer.disconnect()
  }
}

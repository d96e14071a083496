import { setTimeout as pause } from 'node:timers/promises'
import type { Transport } from '@shop/messaging'
import type { Booking } from '../../payments/counting.ts'
import { paymentIn } from '../../payments/payment.ts'

const attemptsMax = 10
const betweenAttemptsMs = 500

/**
 * All that a topic has, in its order per account: what a consumer that acknowledges without a fault would book. Tried several times: a
 * broker whose first group this is answers that it is loading, and the reader ends with that; so it does when a partition has no leader yet.
 */
export const bookedFrom = async (transport: Transport, topic: string): Promise<Booking[]> => {
  for (let attempts = 1; ; attempts++) {
    try {
      return await readAll(transport, topic)
    } catch (error) {
      if (attempts === attemptsMax) throw error
      await pause(betweenAttemptsMs)
    }
  }
}

const readAll = async (transport: Transport, topic: string): Promise<Booking[]> => {
  const bookings: Booking[] = []
  const reader = transport.read({
    topics: [topic],
    until: 'end',
    onRecords: (records) => {
      for (const record of records) {
        const { id, account, sequence } = paymentIn(record)
        bookings.push({ id, account, sequence, life: 1, atMs: record.timestampMs })
      }
    },
  })
  await reader.ended
  return bookings
}

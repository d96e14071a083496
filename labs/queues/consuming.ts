import { setTimeout as pause } from 'node:timers/promises'
import type { ConsumeMessage } from 'amqplib'
import type { Payment } from '../payments/payment.ts'
import type { Book } from './booking.ts'
import { openClient } from './connection.ts'
import { paymentFrom } from './producing.ts'

export interface ConsumerOptions {
  readonly url: string
  readonly queue: string
  readonly book: Book
  /** From 1 on. */
  readonly life: number
  /** Dies when it has booked so many and before it acknowledges the last one; default never. */
  readonly diesAfter?: number | undefined
  /** The broker takes a message for acknowledged when it has sent it; default false. */
  readonly autoAck?: boolean
  /** Takes so long for a payment, in milliseconds; default no longer than it does. */
  readonly delayMs?: (payment: Payment) => number
  /** Refuses this payment each time. */
  readonly poison?: string | undefined
  readonly prefetch?: number
}

export interface QueueConsumer {
  /** Resolves when it has died. */
  readonly died: Promise<void>
  /** How often it refused the poison. */
  refusals(): number
  stop(): Promise<void>
}

/** Takes what comes one after the other. */
export const startConsumer = async (options: ConsumerOptions): Promise<QueueConsumer> => {
  const { url, queue, book, life, diesAfter, autoAck = false, delayMs, poison, prefetch = 20 } = options
  const client = await openClient(url)
  const channel = await client.model.createChannel()
  channel.on('error', () => {})
  await channel.prefetch(prefetch)
  const died = Promise.withResolvers<void>()
  let isOver = false
  let booked = 0
  let refused = 0
  let turn: Promise<void> = Promise.resolve()

  const take = async (message: ConsumeMessage) => {
    if (isOver) return
    const payment = paymentFrom(message.content)
    if (payment.id === poison) {
      refused++
      return channel.nack(message)
    }
    if (delayMs) await pause(delayMs(payment))
    if (isOver) return
    await book(payment, life)
    if (++booked === diesAfter) {
      isOver = true
      client.die()
      return died.resolve()
    }
    if (!autoAck && !isOver) channel.ack(message)
  }

  const inTurn = (message: ConsumeMessage | null) => {
    if (message !== null) turn = turn.then(() => take(message))
  }
  await channel.consume(queue, inTurn, { noAck: autoAck })
  return {
    died: died.promise,
    refusals: () => refused,
    stop: async () => {
      await turn
      isOver = true
      await client.close()
    },
  }
}

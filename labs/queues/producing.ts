import type { ConfirmChannel } from 'amqplib'
import type { Payment } from '../payments/payment.ts'
import { openClient } from './connection.ts'

const contentOf = (payment: Payment): Buffer => Buffer.from(JSON.stringify(payment))
export const paymentFrom = (content: Buffer): Payment => JSON.parse(content.toString()) as Payment

const options = { persistent: true }

/** With confirms, all of them. */
export const publishAll = async (url: string, queue: string, payments: readonly Payment[]): Promise<void> => {
  const client = await openClient(url)
  const channel = await client.model.createConfirmChannel()
  for (const payment of payments) channel.sendToQueue(queue, contentOf(payment), options)
  await channel.waitForConfirms()
  await client.close()
}

/** Publishes without confirms; the connection is cut in the middle of each share but the last, and the next share goes on another one. */
export const publishUnconfirmed = async (url: string, queue: string, shares: readonly (readonly Payment[])[]): Promise<void> => {
  for (const [index, share] of shares.entries()) {
    const client = await openClient(url)
    const channel = await client.model.createChannel()
    for (const payment of share) channel.sendToQueue(queue, contentOf(payment), options)
    if (index < shares.length - 1) client.die()
    else await channel.close() // an answer: all that was written before it has been read
    await client.close()
  }
}

/** The same with confirms: what is not confirmed when the connection is cut is published again, before the rest. */
export const publishConfirmed = async (url: string, queue: string, shares: readonly (readonly Payment[])[]): Promise<void> => {
  let unconfirmed: readonly Payment[] = []
  for (const [index, share] of shares.entries()) {
    const client = await openClient(url)
    const channel = await client.model.createConfirmChannel()
    channel.on('error', () => {})
    const waiting = new Map([...unconfirmed, ...share].map((payment) => [payment.id, payment]))
    const confirmed = publishWaiting(channel, queue, waiting)
    if (index < shares.length - 1) {
      await Promise.race([confirmed, new Promise((resolve) => setTimeout(resolve, 5))]) // some are
      client.die()
    } else await confirmed
    unconfirmed = [...waiting.values()]
    await client.close()
  }
}

const publishWaiting = async (channel: ConfirmChannel, queue: string, waiting: Map<string, Payment>): Promise<void> => {
  const all = [...waiting.values()].map(
    (payment) =>
      new Promise<void>((resolve) => {
        channel.sendToQueue(queue, contentOf(payment), options, (error) => {
          if (error === null) waiting.delete(payment.id)
          resolve()
        })
      }),
  )
  await Promise.all(all)
}

/** What can be learned of a stream. AMQP 0-9-1 tells no offsets but those of the messages that it delivers, so these are looked at. */
import { TookTooLong, within } from '@shop/messaging/driver'
import type { Channel, Message } from 'amqplib'
import { type Connection, onChannel } from './connection.ts'

/** `timestamp`: in seconds since 1970. */
export type StreamStart = 'first' | 'last' | 'next' | number | { readonly '!': 'timestamp'; readonly value: number }

export const offsetOf = ({ properties }: Message): number => Number(properties.headers?.['x-stream-offset'])

const lookMsMax = 8_000
/** More than the broker gathers into one chunk as a rule; a larger one takes several rounds. */
const prefetchOfLook = 2_000
const roundsMax = 100

/** @returns what ends it. */
export const consumeStream = async (
  channel: Channel,
  stream: string,
  start: StreamStart,
  onMessage: (message: Message | null) => void,
): Promise<() => Promise<void>> => {
  const { consumerTag } = await channel.consume(stream, onMessage, { arguments: { 'x-stream-offset': start } })
  return async () => void (await channel.cancel(consumerTag))
}

/** The first message of a stream, or from an offset on. @throws TookTooLong for a stream that has none. */
export const firstMessage = (connection: Connection, stream: string, start: StreamStart = 'first'): Promise<Message> =>
  onChannel(connection, async (channel) => {
    await channel.prefetch(1)
    const found = Promise.withResolvers<Message>()
    await consumeStream(channel, stream, start, (message) => {
      if (message === null) found.reject(new Error(`${stream} was deleted`))
      else found.resolve(message)
    })
    return within(lookMsMax, `reading ${stream}`, found.promise)
  })

/**
 * The last message that a stream has. The broker begins with its last chunk: once one message of it is here, the others are on their way
 * before the answer to whatever is asked then on this channel.
 * @throws TookTooLong for a stream that has none.
 */
export const lastMessage = (connection: Connection, stream: string): Promise<Message> =>
  onChannel(connection, async (channel) => {
    await channel.prefetch(prefetchOfLook)
    let last: Message | undefined
    let heard = 0
    const some = Promise.withResolvers<void>()
    await consumeStream(channel, stream, 'last', (message) => {
      if (message === null) return some.reject(new Error(`${stream} was deleted`))
      last = message
      heard++
      channel.ack(message)
      some.resolve()
    })
    await within(lookMsMax, `reading ${stream}`, some.promise)
    for (let round = 0, known = 0; heard > known && round < roundsMax; round++) {
      known = heard
      await channel.prefetch(prefetchOfLook)
    }
    if (last === undefined) throw new TookTooLong(`reading ${stream}`)
    return last
  })

const readMsMax = 60_000

/** Hands over all messages from a start to an offset, one after the other. @param take is waited for. */
export const readStream = (
  connection: Connection,
  stream: string,
  { start, until }: { readonly start: StreamStart; readonly until: number },
  take: (message: Message) => void | Promise<void>,
): Promise<void> =>
  onChannel(connection, async (channel) => {
    await channel.prefetch(prefetchOfLook)
    const over = Promise.withResolvers<void>()
    let taking: Promise<void> = Promise.resolve()
    await consumeStream(channel, stream, start, (message) => {
      if (message === null) return over.reject(new Error(`${stream} was deleted`))
      if (offsetOf(message) > until) return
      taking = taking.then(async () => {
        await take(message)
        channel.ack(message)
        if (offsetOf(message) === until) over.resolve()
      })
      taking.catch(over.reject)
    })
    await within(readMsMax, `reading ${stream}`, over.promise)
  })

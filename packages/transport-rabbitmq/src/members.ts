/** A queue tells what waits in it, not what its consumers hold: each member of a group says so itself when another one, or a tool, asks. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Channel } from 'amqplib'
import { type Connection, onChannel } from './connection.ts'
import { membersExchange, presenceQueue } from './names.ts'

export interface MemberState {
  /** Records by topic. */
  readonly held: Readonly<Record<string, number>>
  /** Queues of which it has got something. */
  readonly active: number
}

const replies = 'amq.rabbitmq.reply-to'

export const answerAsMember = async (channel: Channel, groupId: string, state: () => MemberState): Promise<void> => {
  await channel.consume(presenceQueue(groupId), () => {}, { noAck: true })
  const { queue } = await channel.assertQueue('', { exclusive: true, durable: false })
  await channel.bindQueue(queue, membersExchange(groupId), '')
  await channel.consume(
    queue,
    (message) => {
      if (message !== null) channel.sendToQueue(message.properties.replyTo, Buffer.from(JSON.stringify(state())))
    },
    { noAck: true },
  )
}

const answerMsMax = 1_000

/** The group is there. Of members who do not answer within a second nothing is known. */
export const askMembers = (connection: Connection, groupId: string): Promise<readonly MemberState[]> =>
  onChannel(connection, async (channel) => {
    const states: MemberState[] = []
    const { consumerCount: count } = await channel.checkQueue(presenceQueue(groupId))
    if (count === 0) return states
    const all = Promise.withResolvers<void>()
    const onAnswer = (answer: Buffer) => {
      states.push(JSON.parse(answer.toString()) as MemberState)
      if (states.length === count) all.resolve()
    }
    await channel.consume(replies, (message) => message && onAnswer(message.content), { noAck: true })
    channel.publish(membersExchange(groupId), '', Buffer.alloc(0), { replyTo: replies })
    await Promise.race([all.promise, pause(answerMsMax, undefined, { ref: false })])
    return states
  })

export const heldByAll = (states: readonly MemberState[]): Readonly<Record<string, number>> => {
  const sum: Record<string, number> = {}
  for (const { held } of states) for (const [topic, count] of Object.entries(held)) sum[topic] = (sum[topic] ?? 0) + count
  return sum
}

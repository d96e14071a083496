import { randomUUID } from 'node:crypto'
import { type ClientOptions, kafkaClient } from '@shop/transport-kafka'
import type { KafkaMessage } from 'kafkajs'
import type { Outcome } from './load.ts'

/** Tells each end of an order as its event comes in. */
export interface Follower {
  stop(): Promise<void>
}

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

const typeOf = ({ headers }: KafkaMessage): string => {
  const header = headers?.ce_type
  return (Array.isArray(header) ? header[0] : header)?.toString() ?? ''
}

/** Reads the order topic from its end on, in a consumer group of its own. @throws when it has not joined within 20 s. */
export const followOrders = async (
  at: Pick<ClientOptions, 'brokers' | 'route'>,
  onEnd: (orderId: string, outcome: Outcome) => void,
): Promise<Follower> => {
  const kafka = kafkaClient({ ...at, clientId: 'bench', log: quiet })
  const groupId = `bench-${randomUUID()}`
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: 250 })
  const joined = Promise.withResolvers<void>()
  const tooLate = setTimeout(() => joined.reject(new Error('the bench has not joined its group within 20 s')), 20_000)
  consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve())
  await consumer.connect()
  await consumer.subscribe({ topics: ['shop.order'], fromBeginning: false })
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: true,
    partitionsConsumedConcurrently: 64,
    eachBatch: async ({ batch }) => {
      for (const message of batch.messages) {
        const type = typeOf(message)
        if (type.startsWith('shop.order.OrderConfirmed')) onEnd(message.key?.toString() ?? '', 'confirmed')
        else if (type.startsWith('shop.order.OrderCancelled')) onEnd(message.key?.toString() ?? '', 'cancelled')
      }
    },
  })
  await joined.promise.finally(() => clearTimeout(tooLate))
  return {
    stop: async () => {
      await consumer.disconnect()
      const admin = kafka.admin()
      await admin.connect()
      await admin.deleteGroups([groupId]).catch(() => {})
      await admin.disconnect()
    },
  }
}

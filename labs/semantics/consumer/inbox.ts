/** The kit as the shop uses it: the event's id, its effect and what it tells are one transaction of the service's own database. */
import { recordHandler } from '@shop/messaging'
import { PostgresMessageStore } from '@shop/store-postgres'
import { kafkaTransport } from '@shop/transport-kafka'
import type { PoolClient } from 'pg'
import { book } from '../../payments/bookings.ts'
import { catalogueOf } from '../../payments/payment.ts'
import type { Consume } from './consumer.ts'
import { chunk, heartbeatIntervalMs, sessionTimeoutMs } from './settings.ts'

const nothing = () => {}
const quiet = { debug: nothing, info: nothing, warn: nothing, error: nothing }

export const inbox: Consume = async ({ settings, pool, life }) => {
  const { brokers, topic, groupId } = settings
  const transport = kafkaTransport({ brokers, clientId: 'lab' })
  const publisher = transport.publisher()
  const store = new PostgresMessageStore(pool, 'lab')
  const handle = recordHandler<PoolClient>({
    consumer: 'lab',
    catalogue: catalogueOf(topic),
    store,
    publisher,
    log: quiet,
    observe: { transaction: nothing, deadLettered: nothing, retried: nothing, passedOver: nothing },
    react: async (client, fresh) => {
      for (const { id, key, data } of fresh) {
        await life.before()
        const { sequence, amount } = data as { readonly sequence: number; readonly amount: number }
        await book(client, { run: topic, life: settings.life }, { id, account: key, sequence, amount })
      }
      return []
    },
  })
  const subscription = transport.subscribe({
    groupId,
    topics: [topic],
    maxRecordsPerChunk: chunk,
    sessionTimeoutMs,
    heartbeatIntervalMs,
    commitIntervalMs: 20,
    handle: async (records, assignment) => {
      await handle(records, assignment)
      await life.after() // committed in the database, and the offset is not
    },
    onFatal: (error) => {
      throw error
    },
  })
  return async () => {
    await subscription.stop()
    await publisher.close()
    await store.close()
  }
}

/** One member of the group as a process: the kit's consumer, with the inbox that makes the effect once. */
import { flushCompileCache } from 'node:module'
import { recordHandler } from '@shop/messaging'
import { createPool, PostgresMessageStore } from '@shop/store-postgres'
import { kafkaPosition, kafkaTransport } from '@shop/transport-kafka'
import type { PoolClient } from 'pg'
import { book } from '../../payments/bookings.ts'
import { catalogueOf } from '../../payments/payment.ts'
import { heartbeatIntervalMs, leaveNow, type MemberSettings, sessionTimeoutMs, type Told } from './settings.ts'

flushCompileCache() // it may be killed, and would keep nothing for the next one
process.on('disconnect', () => process.exit(1)) // nobody is there to end it any more
const { brokers, postgresUrl, topic, groupId, number, name, commitIntervalMs }: MemberSettings = JSON.parse(process.argv[2] ?? '')
const tell = (told: Told) => void process.send?.(told)
const nothing = () => {}

const log = { debug: nothing, info: nothing, warn: nothing, error: nothing }
const pool = createPool({ connectionString: postgresUrl, applicationName: name, connectionsMax: 3, onIdleError: nothing })
const transport = kafkaTransport({ brokers, clientId: name, log })
const publisher = transport.publisher()
const store = new PostgresMessageStore(pool, 'lab')

const handle = recordHandler<PoolClient>({
  consumer: 'lab',
  catalogue: catalogueOf(topic),
  store,
  publisher,
  log,
  observe: {
    transaction: (_, { duplicates }) => {
      if (duplicates > 0) tell({ kind: 'again', records: duplicates })
    },
    deadLettered: nothing,
    retried: nothing,
    passedOver: nothing,
  },
  react: async (client, fresh) => {
    for (const { id, key, data } of fresh) {
      const { sequence, amount } = data as { readonly sequence: number; readonly amount: number }
      await book(client, { run: topic, life: number }, { id, account: key, sequence, amount })
    }
    return []
  },
})

const subscription = transport.subscribe({
  groupId,
  topics: [topic],
  maxRecordsPerChunk: 20,
  sessionTimeoutMs,
  heartbeatIntervalMs,
  rebalanceTimeoutMs: 5_000,
  commitIntervalMs,
  handle: async (records, assignment) => {
    await handle(records, assignment)
    for (const [partition, of] of Map.groupBy(records, ({ position }) => kafkaPosition(position).partition))
      tell({ kind: 'handled', partition, records: of.length, atMs: Date.now() })
  },
  onFatal: (error) => {
    throw error
  },
})

process.on('message', async (message) => {
  if (message !== leaveNow) return
  await subscription.stop()
  await publisher.close()
  await store.close()
  await pool.end()
  process.exit(0)
})

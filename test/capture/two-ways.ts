/** The same messages on two topics: told by a service's own relay, and by a connector that reads the log. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Shop } from '@shop/infra/embedded'
import { type Catalogue, type Message, relayOnce } from '@shop/messaging'
import {
  anyBytesSchema,
  createPool,
  deadLettersSchema,
  LogOutbox,
  messagingSchema,
  migrate,
  PostgresMessageStore,
} from '@shop/store-postgres'
import { kafkaTransport } from '@shop/transport-kafka'
import { Kafka } from 'kafkajs'
import pg from 'pg'
import { connectorNameOf, outboxConnector } from '../../infra/connect/outbox-connector.ts'
import { captureUrl, prepareCapture } from '../../infra/connect/prepare-capture.ts'
import { connectRest } from '../../infra/connect/rest.ts'
import { rolePassword } from '../../infra/init/database-urls.ts'

const service = 'equal'
const topics = { relay: 'equal.relay', capture: 'equal.capture' }
const partitions = 6
const readMsMax = 60_000
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: console.error }

const catalogueTo = (topic: string): Catalogue => ({
  address: (type) => ({ ceType: `shop.equal.${type}.v1`, source: '/shop/equal', topic }),
  ceTypeOf: (type) => type,
  lookup: () => undefined,
  isOtherVersion: () => false,
  compensates: () => false,
  deadLetterTopic: (of) => of,
})

/** Each byte of a record that its reader sees. */
export interface RawRecord {
  readonly partition: number
  readonly key: string
  readonly value: string
  readonly headers: readonly (readonly [string, string])[]
}

export interface TwoWays {
  readonly pool: pg.Pool
  /** Of the log, with a slot; `begin` has not been called. */
  readonly outbox: LogOutbox
  readonly captured: PostgresMessageStore
  readonly relayed: PostgresMessageStore
  /** Publishes what `relayed` has stored. */
  relay(): Promise<void>
  /** Of each partition in its order, once there are so many. */
  read(way: keyof typeof topics, count: number): Promise<readonly RawRecord[]>
  close(): Promise<void>
}

export const tell = (store: PostgresMessageStore, messages: readonly Message[]): Promise<undefined> =>
  store.transaction(async () => ({ result: undefined, emit: messages }))

/** A database of its own on the shop's server, its slot and its connector. */
export const openTwoWays = async ({ backends, capture }: Shop): Promise<TwoWays> => {
  const { postgresUrl, kafkaBrokers } = backends
  const connect = async (database?: string) => {
    const url = new URL(postgresUrl)
    if (database !== undefined) url.pathname = `/${database}`
    const client = new pg.Client({ connectionString: url.href })
    await client.connect()
    return client
  }
  const admin = await connect()
  await admin.query(`CREATE DATABASE shop_${service}`)
  await admin.end()
  const password = rolePassword('capture', process.env.SHOP_DB_PASSWORD || 'shop')
  await prepareCapture(connect, [service], password)
  const url = new URL(postgresUrl)
  url.pathname = `/shop_${service}`
  const pool = createPool({ connectionString: url.href, applicationName: service, onIdleError: () => {} })
  await migrate(pool, [messagingSchema, deadLettersSchema, anyBytesSchema])

  const brokers = kafkaBrokers.split(',')
  const transport = kafkaTransport({ brokers, clientId: service, log: quiet })
  const topicAdmin = transport.admin()
  await topicAdmin.createTopics(Object.values(topics).map((topic) => ({ topic, partitions, replicationFactor: 1 })))
  await topicAdmin.close()
  const rest = connectRest(capture?.restUrl ?? '')
  await rest.put(connectorNameOf(service), outboxConnector({ service, url: captureUrl(postgresUrl, service, password) }))

  const publisher = transport.publisher()
  const relayed = new PostgresMessageStore(pool, service)
  const outbox = new LogOutbox(pool, service, catalogueTo(topics.capture))
  return {
    pool,
    outbox,
    relayed,
    captured: new PostgresMessageStore(pool, service, outbox),
    relay: async () => {
      while ((await relayOnce({ store: relayed, publisher, catalogue: catalogueTo(topics.relay) })) > 0);
    },
    read: (way, count) => readRaw(brokers, topics[way], count),
    close: async () => {
      await rest.remove(connectorNameOf(service))
      await publisher.close()
      await Promise.all([relayed.close(), outbox.close()])
      await pool.end()
    },
  }
}

/** Past everything that this project reads records with. @throws Error when there are not so many a minute later */
const readRaw = async (brokers: string[], topic: string, count: number): Promise<readonly RawRecord[]> => {
  const records: RawRecord[] = []
  const hex = (content: unknown) => (Buffer.isBuffer(content) ? content.toString('hex') : String(content))
  const consumer = new Kafka({ brokers, clientId: 'raw', logLevel: 1 }).consumer({ groupId: `raw-${topic}-${performance.now()}` })
  try {
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ partition, message: { key, value, headers = {} } }) => {
        const inOrder = Object.entries(headers).map(([name, content]) => [name, hex(content)] as const)
        records.push({ partition, key: hex(key), value: hex(value), headers: inOrder })
      },
    })
    for (const until = performance.now() + readMsMax; records.length < count; await pause(50))
      if (performance.now() > until) throw new Error(`${records.length} of ${count} records are on ${topic}`)
    return records.sort((a, b) => a.partition - b.partition)
  } finally {
    await consumer.disconnect()
  }
}

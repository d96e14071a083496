import { randomUUID } from 'node:crypto'
import pg, { type Pool, type PoolClient } from 'pg'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { backendUrl } from '../testing/backends.ts'
import { type StoreFixture, storeConformance } from '../testing/index.ts'
import { deadLettersSchema } from './deadLetters.ts'
import { migrate } from './migrate.ts'
import { createPool } from './pool.ts'
import { messagingSchema } from './schema.ts'
import { PostgresMessageStore } from './store.ts'

const database = `store_${randomUUID().replaceAll('-', '')}`
const url = new URL(backendUrl('POSTGRES_URL'))
let admin: pg.Client
const pools = new Map<unknown, Pool>()

beforeAll(async () => {
  admin = new pg.Client({ connectionString: url.href })
  await admin.connect()
  await admin.query(`CREATE DATABASE ${database}`)
})
afterEach(async () => {
  await Promise.all([...pools.values()].map((pool) => pool.end()))
  pools.clear()
})
afterAll(async () => {
  await admin.query(`DROP DATABASE ${database} WITH (FORCE)`)
  await admin.end()
})

const connect = (): Pool => {
  const connectionString = new URL(`/${database}`, url)
  connectionString.username = url.username
  connectionString.password = url.password
  return createPool({ connectionString: connectionString.href, applicationName: 'store-test', onIdleError: () => {} })
}

storeConformance('PostgreSQL', async (): Promise<StoreFixture<PoolClient>> => {
  const observer = connect()
  pools.set(observer, observer)
  await migrate(observer, [messagingSchema, deadLettersSchema, 'CREATE TABLE counts (key uuid PRIMARY KEY, count int NOT NULL)'])
  await observer.query('TRUNCATE inbox, outbox, dead_letters, counts')
  return {
    open: async () => {
      const pool = connect()
      const store = new PostgresMessageStore(pool, 'counter')
      pools.set(store, { end: () => store.close().then(() => pool.end()) } as Pool)
      return store
    },
    kill: async (store) => {
      await pools.get(store)?.end()
      pools.delete(store)
    },
    count: async (work, m) => {
      await work.query('INSERT INTO counts VALUES ($1, 1) ON CONFLICT (key) DO UPDATE SET count = counts.count + 1', [m.key])
    },
    countOf: async (key) => {
      const { rows } = await observer.query<{ count: number }>('SELECT count FROM counts WHERE key = $1', [key])
      return rows[0]?.count ?? 0
    },
  }
})

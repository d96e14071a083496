import { randomUUID } from 'node:crypto'
import { backendUrl, type StoreFixture, storeConformance } from '@shop/messaging/conformance'
import { type React, startedBy } from '@shop/messaging/driver'
import pg, { type Pool, type PoolClient } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { anyBytesSchema, deadLettersSchema } from './dead-letters.ts'
import { sourcesSchema } from './inbox.ts'
import { migrate } from './migrate.ts'
import { createPool } from './pool.ts'
import { messagingSchema } from './schema.ts'
import { PostgresMessageStore } from './store.ts'
import { isTransientPostgresError } from './transient.ts'
import { waitingSchema } from './waiting.ts'

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

const prepare = async (): Promise<Pool> => {
  const observer = connect()
  pools.set(observer, observer)
  await migrate(observer, [
    messagingSchema,
    deadLettersSchema,
    waitingSchema,
    anyBytesSchema,
    sourcesSchema,
    'CREATE TABLE counts (key uuid PRIMARY KEY, count int NOT NULL)',
  ])
  await observer.query('TRUNCATE inbox, outbox, dead_letters, arrivals, counts')
  return observer
}

const open = (): PostgresMessageStore => {
  const pool = connect()
  const store = new PostgresMessageStore(pool, 'counter')
  pools.set(store, { end: () => store.close().then(() => pool.end()) } as Pool)
  return store
}

it('wakes the relay of another process, without waiting for its poll', async () => {
  await prepare()
  const [relaying, storing] = [open(), open()]
  let woken = 0
  relaying.onStored(() => woken++)
  expect(await relaying.pending(1)).toEqual([])
  const message = startedBy({ key: randomUUID() }, { type: 'Counted', data: {} })
  await storing.transaction(async () => ({ result: undefined, emit: [message] }))
  await expect.poll(() => woken, { timeout: 5_000 }).toBe(1)
  expect(await relaying.pending(1)).toMatchObject([{ message: { id: message.id } }])
  expect(await storing.pending(1)).toEqual([])
})

describe('a table that was altered under prepared statements', () => {
  const counted = (key: string) => startedBy({ key }, { type: 'Counted', data: {} })
  const reading: React<PoolClient> = async (client, [message]) => {
    await client.query({ name: 'count-read', text: 'SELECT * FROM counts WHERE key = $1', values: [message?.key] })
    return []
  }

  it.each([
    ['its columns changed', 'ALTER TABLE counts ALTER COLUMN count TYPE bigint'],
    ['the session forgot its statements', 'DEALLOCATE ALL'],
  ])('is read in a new session: %s', async (_what, change) => {
    const observer = await prepare()
    const store = open()
    expect(await store.handleOnce([counted(randomUUID())], reading)).toMatchObject({ handled: 1 })
    if (change === 'DEALLOCATE ALL') await store.transaction(async (client) => ({ result: await client.query(change), emit: [] }))
    else await observer.query(change)
    expect(await store.handleOnce([counted(randomUUID())], reading)).toMatchObject({ handled: 1 })
    await observer.query('ALTER TABLE counts ALTER COLUMN count TYPE int')
  })
})

it.each([
  ['a database that takes no connections', { code: '55000' }],
  ['a password that was changed', { code: '28P01' }],
  ['a role that may not enter', { code: '28000' }],
  ['a database that is not there', { code: '3D000' }],
  ['a session that the server ended', { code: 'XX000', severity: 'FATAL' }],
])('takes for transient: %s', (_what, fields) => {
  expect(isTransientPostgresError(Object.assign(new Error('refused'), fields))).toBe(true)
})

it.each([
  ['a feature that the server lacks', { code: '0A000' }],
  ['a constraint', { code: '23505' }],
])('never takes for transient: %s', (_what, fields) => {
  expect(isTransientPostgresError(Object.assign(new Error('refused'), fields))).toBe(false)
})

storeConformance('PostgreSQL', async (): Promise<StoreFixture<PoolClient>> => {
  const observer = await prepare()
  return {
    open: async () => open(),
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

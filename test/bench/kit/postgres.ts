import type { Message } from '@shop/messaging'
import {
  anyBytesSchema,
  createPool,
  deadLettersSchema,
  messagingSchema,
  migrate,
  PostgresMessageStore,
  sourcesSchema,
} from '@shop/store-postgres'
import pg from 'pg'
import { answer } from './messages.ts'
import type { Subject } from './subject.ts'

const lock = {
  name: 'kit-lock',
  text: 'SELECT key, count FROM counts WHERE key = ANY($1::uuid[]) ORDER BY key FOR UPDATE',
}
const save = {
  name: 'kit-save',
  text: `INSERT INTO counts SELECT * FROM unnest($1::uuid[], $2::int[]) ON CONFLICT (key) DO UPDATE SET count = excluded.count`,
}
const inbox = { name: 'kit-inbox', text: 'INSERT INTO inbox (id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING RETURNING id' }
const outbox = {
  name: 'kit-outbox',
  text: `INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, headers, stored_at)
         SELECT *, now() FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::json[], $6::json[])`,
}

/** @param url an administrator's. */
export const postgresSubject = async (url: string): Promise<Subject> => {
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  await admin.query('CREATE DATABASE bench_kit')
  const own = new URL(url)
  own.pathname = '/bench_kit'
  const pool = createPool({ connectionString: own.href, applicationName: 'bench-kit', onIdleError: () => {} })
  const counts = 'CREATE TABLE counts (key uuid PRIMARY KEY, count int NOT NULL)'
  await migrate(pool, [messagingSchema, deadLettersSchema, anyBytesSchema, sourcesSchema, counts])
  const store = new PostgresMessageStore(pool, 'payment')
  const bare = new pg.Client({ connectionString: own.href })
  await bare.connect()
  return {
    name: 'PostgreSQL',
    store,
    handle: (batch) =>
      store.handleOnce(batch, async (client, fresh) => {
        const keys = fresh.map((m) => m.key)
        const { rows } = await client.query<{ key: string; count: number }>({ ...lock, values: [keys] })
        const counts = new Map(rows.map((r) => [r.key, r.count]))
        await client.query({ ...save, values: [keys, keys.map((key) => (counts.get(key) ?? 0) + 1)] })
        return fresh.map(answer)
      }),
    bare: (batch) => bareBatch(bare, batch),
    empty: async () => void (await pool.query('TRUNCATE inbox, outbox, counts')),
    close: async () => {
      await bare.end()
      await store.close()
      await pool.end()
      await admin.query('DROP DATABASE bench_kit WITH (FORCE)')
      await admin.end()
    },
  }
}

const bareBatch = async (client: pg.Client, batch: readonly Message[]): Promise<void> => {
  const keys = batch.map((m) => m.key)
  const told = batch.map(answer)
  await client.query('BEGIN')
  await client.query({ ...inbox, values: [batch.map((m) => m.id)] })
  await client.query({ ...save, values: [keys, keys.map(() => 1)] })
  await client.query({
    ...outbox,
    values: [
      told.map((m) => m.id),
      told.map(() => 'payment'),
      keys,
      told.map((m) => m.type),
      told.map((m) => JSON.stringify(m.data)),
      told.map(({ correlationId, causationId }) => JSON.stringify({ correlationId, causationId })),
    ],
  })
  await client.query('COMMIT')
}

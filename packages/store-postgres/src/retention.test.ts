import { randomUUID } from 'node:crypto'
import { backendUrl } from '@shop/messaging/conformance'
import { newId } from '@shop/messaging/driver'
import pg, { type Pool } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deadLettersSchema } from './dead-letters.ts'
import { sourcesSchema } from './inbox.ts'
import { migrate } from './migrate.ts'
import { createPool } from './pool.ts'
import { forgetHandled } from './retention.ts'
import { messagingSchema } from './schema.ts'

const dayMs = 24 * 3_600_000
const database = `retention_${randomUUID().replaceAll('-', '')}`
let admin: pg.Client
let pool: Pool

beforeAll(async () => {
  const url = new URL(backendUrl('POSTGRES_URL'))
  admin = new pg.Client({ connectionString: url.href })
  await admin.connect()
  await admin.query(`CREATE DATABASE ${database}`)
  url.pathname = `/${database}`
  pool = createPool({ connectionString: url.href, applicationName: 'retention-test', onIdleError: () => {} })
  await migrate(pool, [messagingSchema, deadLettersSchema, sourcesSchema])
})
afterAll(async () => {
  await pool.end()
  await admin.query(`DROP DATABASE ${database} WITH (FORCE)`)
  await admin.end()
})

const idOf = (atMs: number): string => {
  const hex = atMs.toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-${newId().slice(14)}`
}
const handle = async (id: string, handledAt: number): Promise<string> => {
  await pool.query('INSERT INTO inbox (id, handled_at) VALUES ($1, $2)', [id, new Date(handledAt)])
  return id
}

test('what was told and handled long ago goes, all else stays', async () => {
  const now = Date.now()
  const old = now - 30 * dayMs
  await handle(idOf(old), old)
  const late = await handle(idOf(old), now - dayMs)
  const young = await handle(idOf(now - dayMs), now - dayMs)
  await pool.query(`INSERT INTO requests (idempotency_key, fingerprint, at) VALUES ('old', 'x', $1), ('young', 'x', now())`, [
    new Date(old),
  ])
  expect(await forgetHandled(pool, 20 * dayMs)).toBe(2)
  const { rows } = await pool.query('SELECT id FROM inbox ORDER BY id')
  expect(rows.map((r) => r.id)).toEqual([late, young].sort())
  expect((await pool.query('SELECT idempotency_key FROM requests')).rows).toEqual([{ idempotency_key: 'young' }])
})

test('more than one step of them', async () => {
  const old = Date.now() - 30 * dayMs
  await pool.query('INSERT INTO inbox (id, handled_at) SELECT unnest($1::uuid[]), $2', [
    Array.from({ length: 5_001 }, (_, i) => idOf(old + i)),
    new Date(old),
  ])
  expect(await forgetHandled(pool, 20 * dayMs)).toBe(5_001)
  expect(await forgetHandled(pool, 20 * dayMs)).toBe(0)
})

import { randomUUID } from 'node:crypto'
import { needsOf } from '@shop/choreography'
import { causedBy, type Message, onDecoded, startedBy } from '@shop/messaging'
import { createPool, migrate, PostgresMessageStore } from '@shop/store-postgres'
import pg, { type Pool } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { initialise } from './init.ts'
import { reactions } from './reactions.ts'
import { migrations } from './schema.ts'
import * as tables from './store.ts'

const { findReservation, listStock } = tables
const react = onDecoded(reactions(tables))

const { POSTGRES_URL } = process.env
if (!POSTGRES_URL) throw new Error('POSTGRES_URL is not set: run the tests by "npm test", which starts the backends')

const database = `inventory_${randomUUID().replaceAll('-', '')}`
const connectionString = Object.assign(new URL(POSTGRES_URL), { pathname: `/${database}` }).href
let admin: pg.Client
let pool: Pool
let store: PostgresMessageStore

beforeAll(async () => {
  admin = new pg.Client({ connectionString: POSTGRES_URL })
  await admin.connect()
  await admin.query(`CREATE DATABASE ${database}`)
  await initialise(connectionString, { loadSkus: 0 })
  pool = createPool({ connectionString, applicationName: 'inventory-test', onIdleError: () => {} })
  store = new PostgresMessageStore(pool, 'inventory')
  store.waitFor(needsOf('inventory'))
})
afterAll(async () => {
  await store.close()
  await pool.end()
  await admin.query(`DROP DATABASE ${database} WITH (FORCE)`)
  await admin.end()
})

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const order = (lines: readonly { sku: string; quantity: number }[]) => {
  const shippingAddress = { name: 'Alice', street: 'Way 1', city: 'Bonn', postalCode: '53111', country: 'DE' }
  const data = { customerId: 'alice', lines, total: 100, currency: 'EUR', shippingAddress }
  const placed = startedBy({ key: randomUUID(), traceparent }, { type: 'OrderPlaced', data })
  const captured = causedBy(placed, { type: 'PaymentCaptured', data: { customerId: 'alice', amount: 100, currency: 'EUR' } })
  return { key: placed.key, placed, captured }
}

const takeOutbox = async (): Promise<Message[]> => {
  const stored = await store.pending(10_000)
  await store.forget(stored)
  return stored.map((s) => s.message)
}

test('a payment that comes in an earlier batch than its order is still the cause of the answer', async () => {
  const { key, placed, captured } = order([{ sku: 'laptop', quantity: 1 }])
  await store.handleOnce([captured], react)
  expect(await findReservation(pool, key)).toBeUndefined()
  await store.handleOnce([placed], react)
  expect(await findReservation(pool, key)).toMatchObject({ status: 'RESERVED', lines: [{ sku: 'laptop', quantity: 1 }] })
  expect(await takeOutbox()).toMatchObject([
    { type: 'StockReserved', key, causationId: captured.id, correlationId: placed.id, traceparent },
  ])
})

test('orders and their payments that come at the same time in two transactions are all decided, once', async () => {
  const orders = Array.from({ length: 500 }, () => order([{ sku: 'sticker', quantity: 1 }]))
  for (let i = 0; i < orders.length; i += 50) {
    const some = orders.slice(i, i + 50)
    await Promise.all([
      store.handleOnce(
        some.map((o) => o.placed),
        react,
      ),
      store.handleOnce(
        some.map((o) => o.captured),
        react,
      ),
    ])
  }
  const told = await takeOutbox()
  expect(told.map((m) => m.causationId).sort()).toEqual(orders.map((o) => o.captured.id).sort())
  expect((await listStock(pool)).get('sticker')?.reserved).toBe(500)
})

test('one batch may hold whole sagas over the same SKU: each line of stock goes where it belongs', async () => {
  const orders = Array.from({ length: 30 }, () => order([{ sku: 'monitor', quantity: 400 }]))
  const batch = orders.flatMap((o) => [o.captured, o.placed])
  expect(await store.handleOnce([...batch, ...batch], react)).toMatchObject({ handled: 60, duplicates: 60 })
  expect(await store.handleOnce(batch, react)).toMatchObject({ handled: 0, duplicates: 60 })

  // 10,000 pieces are enough for the first 25 orders; 13 of them are issued, 12 released, and the last five get nothing.
  const told = Map.groupBy(await takeOutbox(), (m) => m.type)
  const reserved = told.get('StockReserved') ?? []
  expect([reserved.length, told.get('StockRejected')?.length]).toEqual([25, 5])
  const answers = reserved.map((m, i) =>
    i % 2 === 0
      ? causedBy(m, { type: 'DeliveryScheduled', data: { carrier: 'post' } })
      : causedBy(m, { type: 'DeliveryRejected', data: { reason: 'address_not_served' } }),
  )
  expect(await store.handleOnce([...answers, ...answers], react)).toMatchObject({ handled: 25, duplicates: 25, suspicious: [] })
  expect((await listStock(pool)).get('monitor')).toEqual({ onHand: 4_800, reserved: 0, issued: 5_200, received: 10_000 })
  const released = await takeOutbox()
  expect(released.map((m) => m.type)).toEqual(Array.from({ length: 12 }, () => 'StockReleased'))
  const capturedIds = new Map(orders.map((o) => [o.key, o.captured.id]))
  expect(released.every(({ key, data }) => (data as { paymentId?: string }).paymentId === capturedIds.get(key))).toBe(true)
})

test('what answers no reservation of the order moves nothing, and is named', async () => {
  const { key, placed, captured } = order([{ sku: 'laptop', quantity: 1 }])
  await store.handleOnce([placed, captured], react)
  const [reserved] = await takeOutbox()
  const before = (await listStock(pool)).get('laptop')
  const forged = ['DeliveryScheduled', 'DeliveryRejected'].map((type) =>
    causedBy(captured, { type, data: { carrier: 'post', reason: 'forged' } }),
  )
  const { suspicious } = await store.handleOnce(forged, react)
  expect(suspicious.map((s) => s.message)).toEqual(forged)
  expect((await listStock(pool)).get('laptop')).toEqual(before)
  expect(await findReservation(pool, key)).toMatchObject({ status: 'RESERVED', reservedId: reserved?.id })
  expect(await takeOutbox()).toEqual([])
})

test('a payment that an earlier release kept for its order is carried out when that comes, and the others are known to have come', async () => {
  const own = `${database}_before`
  await admin.query(`CREATE DATABASE ${own}`)
  const url = Object.assign(new URL(connectionString), { pathname: `/${own}` }).href
  const before = createPool({ connectionString: url, applicationName: 'inventory-test', onIdleError: () => {} })
  const lines = [{ sku: 'sticker', quantity: 1 }]
  const [waiting, known] = [order(lines), order(lines)]
  try {
    await migrate(before, migrations.slice(0, 4))
    await before.query('INSERT INTO reservations (order_id, early) VALUES ($1, $2)', [
      waiting.key,
      JSON.stringify(waiting.captured),
    ])
    await before.query('INSERT INTO reservations (order_id, lines) VALUES ($1, $2)', [known.key, JSON.stringify(lines)])
    await initialise(url, { loadSkus: 0 })
    const upgraded = new PostgresMessageStore(before, 'inventory-before')
    upgraded.waitFor(needsOf('inventory'))
    await upgraded.handleOnce([waiting.placed, known.captured], react)
    for (const { key } of [waiting, known])
      expect(await findReservation(before, key)).toMatchObject({ status: 'RESERVED', lines })
    const causes = (await upgraded.pending(10)).map((s) => s.message.causationId)
    expect(causes.sort()).toEqual([waiting.captured.id, known.captured.id].sort())
    await upgraded.close()
  } finally {
    await before.end()
    await admin.query(`DROP DATABASE ${own} WITH (FORCE)`)
  }
})

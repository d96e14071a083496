import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { basket, eventually, startVariant, type VariantShop } from './shop-in-another-way.ts'

const participants = ['order', 'payment', 'inventory', 'delivery'] as const
const everybody = [...participants, 'coordinator'] as const

let shop: VariantShop
/** To the coordinator's log. What a transaction sees of other sessions does not change while it lasts, so that its locks are held by another one. */
let log: pg.Client
let holder: pg.Client

beforeAll(async () => {
  shop = await startVariant('two-phase')
  const connectionString = shop.databaseUrl('coordinator')
  log = new pg.Client({ connectionString })
  holder = new pg.Client({ connectionString })
  await Promise.all([log.connect(), holder.connect()])
}, 180_000)

afterAll(async () => {
  await Promise.all([log?.end(), holder?.end()])
  await shop?.stop()
})

const balanceOf = async (customer: string) =>
  (await shop.ask<{ balance: number }>('payment', `/accounts/${customer}`)).body.balance
const stockOf = async (sku: string) => (await shop.ask<{ onHand: number; reserved: number }>('inventory', `/stock/${sku}`)).body

const inDoubtAt = async (): Promise<readonly string[]> => {
  const { rows } = await log.query<{ gid: string }>('SELECT gid FROM pg_prepared_xacts ORDER BY gid')
  return rows.map(({ gid }) => gid)
}

/** Nobody can decide until `release`: the coordinator's log takes no entry. What waits to be written is written then, unless its session was ended. */
const holdDecisions = async () => {
  await holder.query('BEGIN')
  await holder.query('LOCK TABLE decisions IN EXCLUSIVE MODE')
  return {
    release: () => holder.query('COMMIT'),
    forgetWaiting: () =>
      log.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                  WHERE datname = current_database() AND query LIKE 'INSERT INTO decisions%' AND wait_event_type = 'Lock'`),
    awaitWaiting: () =>
      eventually(
        () => log.query(`SELECT 1 FROM pg_stat_activity WHERE query LIKE 'INSERT INTO decisions%' AND wait_event_type = 'Lock'`),
        ({ rowCount }) => rowCount === 1,
      ),
  }
}

/** An order for which everybody has said yes, while the coordinator is about to write its decision. */
const inDoubt = async () => {
  const holding = await holdDecisions()
  const answer = shop.place(basket('alice', 'mouse'))
  await holding.awaitWaiting()
  const gids = await inDoubtAt()
  expect(gids.map((gid) => gid.split(':')[0])).toEqual([...participants].sort())
  return { ...holding, answer, orderId: gids[0]?.split(':')[1] ?? '' }
}

test('the four orders of the README: the answer tells how it ended, and an abort leaves nothing', async () => {
  const before = { alice: await balanceOf('alice'), bob: await balanceOf('bob'), keyboard: await stockOf('keyboard') }
  const confirmed = await shop.place(basket())
  expect(confirmed).toMatchObject({ status: 201, body: { status: 'CONFIRMED' } })
  const { orderId } = confirmed.body
  expect((await shop.ask('payment', `/payments/${orderId}`)).body).toMatchObject({ status: 'CAPTURED', amount: 4_990 })
  expect((await shop.ask('inventory', `/reservations/${orderId}`)).body).toMatchObject({ status: 'ISSUED' })
  expect((await shop.ask('delivery', `/shipments/${orderId}`)).body).toMatchObject({ status: 'SCHEDULED', carrier: 'Stadtbote' })
  expect((await shop.ask('coordinator', `/transactions/${orderId}`)).body).toMatchObject({ outcome: 'commit', damaged: [] })

  for (const [body, reason] of [
    [basket('bob', 'monitor'), 'insufficient_funds'],
    [basket('alice', 'unicorn'), 'out_of_stock'],
    [basket('alice', 'mouse', 'AQ'), 'address_not_served'],
  ] as const) {
    const answer = await shop.place(body)
    expect(answer).toMatchObject({ status: 201, body: { status: 'CANCELLED', reason } })
    for (const [service, path] of [
      ['payment', 'payments'],
      ['inventory', 'reservations'],
      ['delivery', 'shipments'],
    ] as const)
      expect((await shop.ask(service, `/${path}/${answer.body.orderId}`)).status).toBe(404)
  }
  expect(await balanceOf('alice')).toBe(before.alice - 4_990)
  expect(await balanceOf('bob')).toBe(before.bob)
  expect(await stockOf('keyboard')).toMatchObject({ onHand: before.keyboard.onHand - 1, reserved: 0 })
  expect(await inDoubtAt()).toEqual([])
  const { code, output } = await shop.check('--wait', '10')
  expect(output).toContain('not checked: nothing goes over topics here')
  expect(output).toContain('✓ decisions-carried-out')
  expect(code, output).toBe(0)
}, 120_000)

test('the coordinator killed before its decision: rows stay locked until it is back, and it was aborted', async () => {
  const before = await balanceOf('alice')
  const { orderId, answer, forgetWaiting, release } = await inDoubt()
  const lost = answer.catch(() => undefined)
  shop.services.kill('coordinator', 'SIGKILL')
  await forgetWaiting()

  // who reads sees what was before, who would write the same rows waits, everybody else goes on
  expect(await balanceOf('alice')).toBe(before)
  const waiting = shop.ask<{ balance: number }>('payment', '/accounts/alice/deposits', { amount: 1 })
  expect((await shop.ask('payment', '/accounts/bob/deposits', { amount: 1 })).status).toBe(201)
  expect(await Promise.race([waiting, shop.order(orderId)])).toMatchObject({ orderId, status: 'PENDING' })

  await release()
  expect(
    await eventually(
      () => shop.order(orderId),
      (o) => o.status === 'CANCELLED',
    ),
  ).toMatchObject({ reason: 'transaction_aborted' })
  expect(await waiting).toMatchObject({ status: 201, body: { balance: before + 1 } })
  expect((await lost)?.status ?? 503).toBe(503)
  expect(await eventually(inDoubtAt, (gids) => gids.length === 0)).toEqual([])
}, 120_000)

test('the coordinator killed while its decision is written, and participants with it: all of them commit when they are back', async () => {
  const before = await balanceOf('alice')
  const { orderId, answer, release } = await inDoubt()
  const lost = answer.catch(() => undefined)
  for (const name of everybody) shop.services.kill(name, 'SIGKILL')
  await release()
  expect(
    await eventually(
      () => shop.order(orderId),
      (o) => o.status === 'CONFIRMED',
      60_000,
    ),
  ).toMatchObject({ orderId })
  await lost
  await eventually(inDoubtAt, (gids) => gids.length === 0)
  expect(await balanceOf('alice')).toBe(before - 1_990)
  for (const name of everybody) await shop.isReady(name)
}, 120_000)

test('orders go on while processes are killed; nothing stays in doubt, and every invariant holds', async () => {
  const ordersMax = 120
  const killsEach = Number(process.env.KILLS ?? 1)
  const customers = ['alice', 'load-001', 'load-002', 'load-003']
  const skus = ['sticker', 'mouse', 'unicorn', 'keyboard']
  let placed = 0
  const client = async () => {
    while (placed < ordersMax * killsEach) {
      const n = placed++
      const country = n % 9 === 0 ? 'AQ' : 'DE'
      const answer = await shop
        .place(basket(customers[n % customers.length], skus[(n >> 2) % skus.length], country))
        .catch(() => undefined)
      if (answer === undefined) await shop.isReady('order')
    }
  }
  const clients = Array.from({ length: 4 }, client)
  for (const name of Array.from({ length: killsEach }, () => everybody).flat()) {
    const target = placed + 10
    await eventually(
      async () => placed,
      (n) => n >= target || n >= ordersMax * killsEach,
      60_000,
    )
    shop.services.kill(name, 'SIGKILL')
    await shop.isReady(name)
  }
  await Promise.all(clients)
  const { code, output } = await shop.check('--wait', '60')
  expect(code, output).toBe(0)
  console.log(output)
}, 600_000)

test('a database that cannot prepare is refused at the start, in a line that says why', () => {
  const main = join(import.meta.dirname, '../../variants/two-phase/delivery/src/main.ts')
  const env = { ...process.env, PORT: '0', ADMIN_TOKEN: 'a-token-of-its-own', SERVICE_URLS: 'order=http://127.0.0.1:1' }
  const mongo = spawnSync(process.execPath, [main], {
    encoding: 'utf8',
    env: { ...env, DATABASE_URL: 'mongodb://127.0.0.1:1/x' },
  })
  expect(mongo.status).toBe(1)
  expect(mongo.stdout).toContain('delivery cannot take part in a two-phase commit with mongodb: it has no PREPARE TRANSACTION')
})

test('resolved by hand against the log: the coordinator notes the damage, and the check names it', async () => {
  const { orderId, answer, release } = await inDoubt()
  const lost = answer.catch(() => undefined)
  await shop.services.halt('coordinator', 'SIGKILL')
  await release()
  await eventually(
    () => log.query('SELECT 1 FROM decisions WHERE order_id = $1', [orderId]),
    ({ rowCount }) => rowCount === 1,
  )

  const told = await shop.run('variants/two-phase/resolve.ts', orderId, 'abort')
  expect(told.output).toContain(`${orderId}  payment    in doubt since`)
  expect(told.output).toContain('the coordinator does not answer, so its decision is not known')
  expect((await inDoubtAt()).length).toBe(4)
  const done = await shop.run('variants/two-phase/resolve.ts', orderId, 'abort', '--yes')
  expect(done).toMatchObject({ code: 0, output: expect.stringContaining('payment: abort by hand') })
  expect(await inDoubtAt()).toEqual([])
  await lost

  await shop.services.start('coordinator')
  type Decided = { readonly outcome: string; readonly damaged: readonly string[] }
  const asked = () => shop.ask<Decided>('coordinator', `/transactions/${orderId}`)
  expect((await eventually(asked, ({ body }) => body.damaged?.length > 0)).body).toMatchObject({
    outcome: 'commit',
    damaged: [...participants],
  })
  const { code, output } = await shop.check('--wait', '5')
  expect(code).toBe(1)
  expect(output).toContain(`order ${orderId}: order, payment, inventory, delivery did otherwise than the commit that was decided`)
}, 120_000)

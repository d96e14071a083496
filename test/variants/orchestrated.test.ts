import { afterAll, beforeAll, expect, test } from 'vitest'
import { basket, eventually, type OrderView, startVariant, type VariantShop } from './shop-in-another-way.ts'

const everybody = ['orchestrator', 'order', 'payment', 'inventory', 'delivery'] as const

let shop: VariantShop

beforeAll(async () => {
  shop = await startVariant('orchestrated')
}, 180_000)

afterAll(() => shop?.stop())

const isEnded = ({ status }: OrderView) => status === 'CONFIRMED' || status === 'CANCELLED'
const ended = (orderId: string) => eventually(() => shop.order(orderId), isEnded, 60_000)
const balanceOf = async (customer: string) =>
  (await shop.ask<{ balance: number }>('payment', `/accounts/${customer}`)).body.balance

interface Saga {
  readonly status: string
  readonly flow: number
  readonly done: readonly string[]
  readonly awaits?: { readonly command: string }
  readonly history: readonly { readonly type: string }[]
}
const sagaOf = async (orderId: string): Promise<Saga> => (await shop.ask<Saga>('orchestrator', `/sagas/${orderId}`)).body
const commandsOf = ({ history }: Saga) =>
  history.map((h) => h.type).filter((type) => !/^Order|Done$|Refused$/.test(type) || type === 'ConfirmOrder')

test('the four orders of the README end as in the shop, and the saga tells how', async () => {
  const before = await balanceOf('alice')
  const place = async (body: ReturnType<typeof basket>) => (await shop.place(body)).body.orderId
  const confirmed = await place(basket())
  expect(await ended(confirmed)).toMatchObject({ status: 'CONFIRMED' })
  const saga = await eventually(
    () => sagaOf(confirmed),
    (s) => s.status === 'COMPLETED',
  )
  expect(saga).toMatchObject({ flow: 1, done: ['payment', 'stock', 'delivery', 'goods', 'order'] })
  expect(commandsOf(saga)).toEqual(['CapturePayment', 'ReserveStock', 'ScheduleDelivery', 'IssueStock', 'ConfirmOrder'])
  expect(saga.awaits).toBeUndefined()

  const poor = await place(basket('bob', 'monitor'))
  expect(await ended(poor)).toMatchObject({ status: 'CANCELLED', reason: 'insufficient_funds' })
  const missing = await place(basket('alice', 'unicorn'))
  expect(await ended(missing)).toMatchObject({ status: 'CANCELLED', reason: 'out_of_stock' })
  expect((await shop.ask('payment', `/payments/${missing}`)).body).toMatchObject({ status: 'REFUNDED', reason: 'out_of_stock' })
  const far = await place(basket('alice', 'mouse', 'AQ'))
  expect(await ended(far)).toMatchObject({ status: 'CANCELLED', reason: 'address_not_served' })
  expect((await shop.ask('inventory', `/reservations/${far}`)).body).toMatchObject({ status: 'RELEASED' })
  expect((await shop.ask('payment', `/payments/${far}`)).body).toMatchObject({ status: 'REFUNDED' })
  expect(await balanceOf('alice')).toBe(before - 4_990)
  const { code, output } = await shop.check('--wait', '30')
  expect(output).toContain('✓ sagas-ended')
  expect(code, output).toBe(0)
}, 180_000)

test('cancelled while the stock is asked for: what was done is undone', async () => {
  const before = await balanceOf('alice')
  await shop.services.halt('inventory')
  const { orderId } = (await shop.place(basket('alice', 'mouse'))).body
  await eventually(
    () => sagaOf(orderId),
    (s) => s.awaits?.command === 'ReserveStock',
  )
  expect((await shop.ask('order', `/orders/${orderId}/cancel`, {})).status).toBe(202)
  await shop.services.start('inventory')
  expect(await ended(orderId)).toMatchObject({ status: 'CANCELLED', reason: 'order_cancelled' })
  expect(
    await eventually(
      () => sagaOf(orderId),
      (s) => s.status === 'UNDONE',
    ),
  ).toMatchObject({ done: [] })
  expect(await balanceOf('alice')).toBe(before)
}, 120_000)

test('orders go on while the orchestrator and the participants are killed: nothing twice, every invariant holds', async () => {
  const killsEach = Number(process.env.KILLS ?? 1)
  const ordersMax = 120 * killsEach
  const customers = ['alice', 'load-001', 'load-002', 'bob']
  const skus = ['sticker', 'mouse', 'unicorn', 'keyboard']
  let placed = 0
  const client = async () => {
    while (placed < ordersMax) {
      const n = placed++
      const body = basket(customers[n % customers.length], skus[(n >> 2) % skus.length], n % 9 === 0 ? 'AQ' : 'DE')
      const answer = await shop.place(body).catch(() => undefined)
      if (answer === undefined) await shop.isReady('order')
      else if (answer.status === 201) await ended(answer.body.orderId)
    }
  }
  const clients = Array.from({ length: 4 }, client)
  for (const name of Array.from({ length: killsEach }, () => everybody).flat()) {
    const target = placed + 10
    await eventually(
      async () => placed,
      (n) => n >= Math.min(target, ordersMax),
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

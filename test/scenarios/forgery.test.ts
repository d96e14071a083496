/** Whoever reaches the broker can write anything onto any topic: what nobody could have told ends as a letter, or without effect. */
import { randomUUID } from 'node:crypto'
import { newId } from '@shop/messaging'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { orderIdFor } from '../../services/order/src/new-order.ts'
import {
  closeForger,
  confirmed,
  eventId,
  expectCost,
  type Forged,
  forge,
  heard,
  isSound,
  letter,
  moneyOf,
  possessions,
  type Wrong,
} from './forging.ts'
import { address, cancel, ended, halt, type OrderView, orderBody, place, readOrder, request, start } from './shop.ts'

afterAll(closeForger)

afterEach(isSound, 180_000)

describe('a payment that nobody made', () => {
  const declined = async () => {
    const { orderId } = await place({ customerId: 'mallory' })
    const order = await ended(orderId)
    expect(order.status).toBe('CANCELLED')
    return { order, paid: { key: orderId, type: 'PaymentCaptured', data: { ...moneyOf(order), customerId: 'mallory' } } }
  }

  const places: [string, Wrong][] = [
    ['on the topic of another service', { topic: 'shop.delivery' }],
    ['with the source of another service', { headers: { ce_source: '/shop/delivery' } }],
    ['with the source of nobody', { headers: { ce_source: 'nonsense' } }],
    ['without a source', { headers: { ce_source: '' } }],
    ['about another order than its key', { headers: { ce_subject: randomUUID() } }],
  ]
  test.each(places)('%s gives a blocked customer nothing', async (_what, wrong) => {
    const before = await possessions()
    const { order, paid } = await declined()
    const saga = order.correlationId
    const id = await forge({ ...paid, correlationId: saga, causationId: saga }, wrong)
    await letter('inventory', order.orderId, id, 'undecodable')
    expect(await readOrder(order.orderId)).toMatchObject({ status: 'CANCELLED' })
    expect((await request('delivery', `/shipments/${order.orderId}`)).body).not.toMatchObject({ status: 'SCHEDULED' })
    await expectCost(before, { money: 0, goods: 0 })
  })

  test.each([
    ['that nothing caused', {}],
    ['caused by nothing that there is', { causationId: newId() }],
  ])('%s gives a blocked customer nothing', async (_what, cause) => {
    const before = await possessions()
    const { order, paid } = await declined()
    const id = await forge({ ...paid, correlationId: order.correlationId, ...cause })
    await letter('inventory', order.orderId, id, 'suspicious')
    await expectCost(before, { money: 0, goods: 0 })
  })

  test.each([
    ['a cent', { amount: 1 }],
    ['a fortune', { amount: 90_000_000 }],
    ['another currency', { currency: 'USD' }],
    ['the money of somebody else', { customerId: 'bob' }],
  ])('of %s is none, before the true one or after it', async (_what, other) => {
    const before = await possessions()
    await halt('payment')
    const { orderId, correlationId, ...order } = await place()
    const paid = { key: orderId, type: 'PaymentCaptured', correlationId, causationId: correlationId }
    const data = { customerId: 'alice', amount: order.total, currency: order.currency, ...other }
    const early = await forge({ ...paid, data })
    await letter('inventory', orderId, early, 'suspicious')
    await letter('order', orderId, early, 'suspicious')
    await start('payment')
    expect(await ended(orderId)).toMatchObject({ status: 'CONFIRMED' })
    const late = await forge({ ...paid, data })
    await letter('inventory', orderId, late, 'suspicious')
    await letter('order', orderId, late, 'suspicious')
    await expectCost(before, { money: order.total, goods: 1 })
  })
})

describe('an order over a cent, under the id of a true one', () => {
  const cent = (orderId: string): Forged => {
    const { lines } = orderBody()
    const data = { customerId: 'alice', lines, total: 1, currency: 'EUR', shippingAddress: address }
    return { key: orderId, type: 'OrderPlaced', data }
  }
  const endsWithoutLoss = async (orderId: string, before: { onHand: number; money: number }): Promise<void> => {
    const order = await ended(orderId)
    expect(order.total).toBeGreaterThan(1)
    await expectCost(before, order.status === 'CONFIRMED' ? { money: order.total, goods: 1 } : { money: 0, goods: 0 })
  }

  test('that comes after it', async () => {
    const before = await possessions()
    const { orderId } = await place()
    const id = await forge(cent(orderId))
    await letter('payment', orderId, id, 'suspicious')
    await endsWithoutLoss(orderId, before)
  })

  test('that comes after its end', async () => {
    const before = await possessions()
    const { orderId } = await confirmed()
    const id = await forge(cent(orderId))
    for (const service of ['payment', 'inventory', 'delivery'] as const) await letter(service, orderId, id, 'suspicious')
    expect((await readOrder(orderId)).status).toBe('CONFIRMED')
    await endsWithoutLoss(orderId, before)
  })
})

describe('after an order was confirmed', () => {
  const undoing: [string, (order: OrderView) => Omit<Forged, 'key' | 'correlationId'>][] = [
    ['StockRejected that nothing caused', () => ({ type: 'StockRejected', data: { reason: 'out_of_stock' } })],
    [
      'StockRejected caused by the order',
      (o) => ({ type: 'StockRejected', causationId: o.correlationId, data: { reason: 'out_of_stock' } }),
    ],
    [
      'StockReleased of no payment',
      (o) => ({
        type: 'StockReleased',
        causationId: eventId(o, 'DeliveryScheduled'),
        data: { lines: orderBody().lines, reason: 'x' },
      }),
    ],
  ]
  test.each(undoing)('%s refunds nothing', async (_what, event) => {
    const before = await possessions()
    const order = await confirmed()
    const id = await forge({ key: order.orderId, correlationId: order.correlationId, ...event(order) })
    await letter('payment', order.orderId, id, 'suspicious')
    await expectCost(before, { money: order.total, goods: 1 })
  })

  test.each([
    ['the amount', {}],
    ['a cent', { amount: 1 }],
    ['more', { amount: 90_000_000 }],
  ])('a refund of %s is told to nobody', async (_what, other) => {
    const before = await possessions()
    const order = await confirmed()
    const data = { ...moneyOf(order), reason: 'out_of_stock', ...other }
    const id = await forge({ key: order.orderId, type: 'PaymentRefunded', correlationId: order.correlationId, data })
    await letter('order', order.orderId, id, 'suspicious')
    expect((await readOrder(order.orderId)).status).toBe('CONFIRMED')
    await expectCost(before, { money: order.total, goods: 1 })
  })

  test('a rejected delivery brings nothing back', async () => {
    const before = await possessions()
    const order = await confirmed()
    await possessions()
    const causationId = eventId(order, 'StockReserved')
    const rejection = { type: 'DeliveryRejected', causationId, correlationId: order.correlationId, data: { reason: 'x' } }
    await letter('inventory', order.orderId, await forge({ key: order.orderId, ...rejection }), 'suspicious')
    await expectCost(before, { money: order.total, goods: 1 })
  })
})

describe('a delivery that nobody scheduled', () => {
  test.each([
    ['on its own topic', {}, 'suspicious'],
    ['on another topic', { topic: 'shop.inventory' }, 'undecodable'],
  ] as const)('%s confirms nothing that is unpaid', async (_what, wrong, kind) => {
    const before = await possessions()
    const { orderId } = await place({ customerId: 'bob', sku: 'laptop', quantity: 500 })
    const order = await ended(orderId)
    expect(order.status).toBe('CANCELLED')
    const causationId = order.correlationId
    const scheduled = { type: 'DeliveryScheduled', correlationId: order.correlationId, causationId, data: { carrier: 'forged' } }
    const id = await forge({ key: orderId, ...scheduled }, wrong)
    await letter(kind === 'suspicious' ? 'inventory' : 'order', orderId, id, kind)
    expect((await readOrder(orderId)).status).toBe('CANCELLED')
    await expectCost(before, { money: 0, goods: 0 })
  })

  test('that comes first, while the payment is away, waits for what it needs and is not believed then', async () => {
    const before = await possessions()
    await halt('payment')
    const { orderId, correlationId } = await place()
    const scheduled = { type: 'DeliveryScheduled', correlationId, causationId: correlationId, data: { carrier: 'forged' } }
    const id = await forge({ key: orderId, ...scheduled })
    await letter('inventory', orderId, id, 'suspicious')
    expect((await readOrder(orderId)).status).toBe('PENDING')
    await start('payment')
    const order = await ended(orderId)
    expect(order).toMatchObject({ status: 'CONFIRMED' })
    expect(eventId(order, 'DeliveryScheduled')).not.toBe(id)
    await letter('order', orderId, id, 'suspicious')
    await expectCost(before, { money: order.total, goods: 1 })
  })
})

test('a reservation that nobody made is answered, but the true one counts', async () => {
  const before = await possessions()
  await halt('inventory')
  const { orderId, correlationId } = await place()
  await heard(orderId, 'PaymentCaptured')
  const reserved = { type: 'StockReserved', correlationId, causationId: newId(), data: { lines: orderBody().lines } }
  const id = await forge({ key: orderId, ...reserved })
  await letter('order', orderId, id, 'suspicious')
  await start('inventory')
  const order = await ended(orderId)
  expect(order).toMatchObject({ status: 'CONFIRMED' })
  await expectCost(before, { money: order.total, goods: 1 })
})

describe('an id that another source uses', () => {
  test('is not used up by what is not the owner’s', async () => {
    await halt('payment')
    const { orderId, correlationId } = await place()
    const namesake = { key: orderId, type: 'StockRejected', id: correlationId, correlationId, data: { reason: 'x' } }
    await forge(namesake, { topic: 'shop.order' })
    await forge(namesake)
    await start('payment')
    expect(await ended(orderId)).toMatchObject({ status: 'CONFIRMED' })
    await letter('payment', orderId, correlationId, 'undecodable')
  })

  test('is not used up by an event of another owner either', async () => {
    await halt('inventory')
    const { orderId, correlationId } = await place()
    const order = await heard(orderId, 'PaymentCaptured')
    const paid = eventId(order, 'PaymentCaptured')
    await forge({ key: orderId, type: 'DeliveryRejected', id: paid, correlationId, data: { reason: 'x' } })
    await start('inventory')
    expect(await ended(orderId)).toMatchObject({ status: 'CONFIRMED' })
    await letter('inventory', orderId, paid, 'suspicious')
  })
})

test('events about an order that does not exist yet do not keep it from being placed', async () => {
  const key = randomUUID()

  const orderId = orderIdFor(key)
  const id = await forge({ key: orderId, type: 'PaymentCaptured', data: { customerId: 'alice', amount: 1, currency: 'EUR' } })
  await letter('order', orderId, id, 'suspicious')
  const placed = await request<OrderView>('order', '/orders', { json: orderBody(), headers: { 'idempotency-key': key } })
  expect(placed).toMatchObject({ status: 201, body: { orderId } })
  expect(await ended(orderId)).toMatchObject({ status: 'CONFIRMED' })
})

test('what is cancelled in the middle of forgeries ends, and costs nothing', async () => {
  const before = await possessions()
  await halt('delivery')
  const { orderId, correlationId } = await place()
  const order = await heard(orderId, 'StockReserved')
  await cancel(orderId)
  const about = { key: orderId, correlationId, causationId: correlationId }
  await forge({ ...about, type: 'PaymentCaptured', data: moneyOf(order, 1) })
  await forge({ ...about, type: 'DeliveryRejected', data: { reason: 'x' } })
  await forge({ ...about, type: 'StockRejected', data: { reason: 'x' } })
  const declined = { type: 'PaymentDeclined', causationId: newId(), data: { customerId: 'alice', reason: 'x' } }
  await forge({ ...about, ...declined })
  await start('delivery')
  const { status, total } = await ended(orderId)
  await expectCost(before, status === 'CONFIRMED' ? { money: total, goods: 1 } : { money: 0, goods: 0 })
})

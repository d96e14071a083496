import { describe, expect, test } from 'vitest'
import {
  balance,
  cancel,
  ended,
  eventually,
  isEnded,
  metric,
  type OrderView,
  orderBody,
  place,
  readOrder,
  request,
  steps,
  stock,
  uniqueKey,
} from './shop.ts'

/** Each event but the first is caused by another one, and the whole chain belongs to one saga. */
const expectCausality = (order: OrderView) => {
  const [first, ...rest] = order.history
  expect(first?.type).toBe('OrderPlaced')
  expect(first?.causationId).toBeUndefined()
  expect(order.correlationId).toBe(first?.eventId)
  for (const entry of rest.filter((e) => e.type !== 'OrderCancellationRequested')) expect(entry.causationId).toBeDefined()
  const last = order.history.at(-1)
  expect(order.history.map((h) => h.eventId)).toContain(last?.causationId)
}

describe('an order ends as its services decide', () => {
  test('confirmed: the money is captured and the goods leave the stock', async () => {
    const [money, goods] = [await balance('alice'), await stock('keyboard')]
    const order = await ended((await place()).orderId)
    expect(order).toMatchObject({ status: 'CONFIRMED', total: 4_990, currency: 'EUR' })
    expect(steps(order).sort()).toEqual([
      'DeliveryScheduled',
      'OrderConfirmed',
      'OrderPlaced',
      'PaymentCaptured',
      'StockReserved',
    ])
    expectCausality(order)
    expect(await balance('alice')).toBe(money - 4_990)
    await eventually(
      () => stock('keyboard'),
      (s) => s.onHand === goods.onHand - 1 && s.reserved === goods.reserved,
    )
    expect((await request('payment', `/payments/${order.orderId}`)).body).toMatchObject({ status: 'CAPTURED', amount: 4_990 })
    expect((await request('inventory', `/reservations/${order.orderId}`)).body).toMatchObject({ status: 'ISSUED' })
    expect((await request('delivery', `/shipments/${order.orderId}`)).body).toMatchObject({ status: 'SCHEDULED' })
  })

  test('declined: nothing was taken, so nothing is given back', async () => {
    const money = await balance('bob')
    const order = await ended((await place({ customerId: 'bob', sku: 'monitor' })).orderId)
    expect(order).toMatchObject({ status: 'CANCELLED', reason: 'insufficient_funds' })
    expect(steps(order)).toEqual(['OrderPlaced', 'PaymentDeclined', 'OrderCancelled'])
    expectCausality(order)
    expect(await balance('bob')).toBe(money)
  })

  test.each([
    ['mallory', 'account_blocked'],
    ['nobody-knows-me', 'unknown_customer'],
  ])('declined: %s (%s)', async (customerId, reason) => {
    expect(await ended((await place({ customerId, sku: 'sticker' })).orderId)).toMatchObject({ status: 'CANCELLED', reason })
  })

  test('out of stock: the capture is refunded, the balance exactly restored', async () => {
    const money = await balance('alice')
    const order = await ended((await place({ sku: 'unicorn' })).orderId)
    expect(order).toMatchObject({ status: 'CANCELLED', reason: 'out_of_stock' })
    expect(steps(order)).toEqual(['OrderPlaced', 'PaymentCaptured', 'PaymentRefunded', 'OrderCancelled'])
    expect(await balance('alice')).toBe(money)
    expect((await request('payment', `/payments/${order.orderId}`)).body).toMatchObject({
      status: 'REFUNDED',
      reason: 'out_of_stock',
    })
    expect((await request('inventory', `/reservations/${order.orderId}`)).body).toMatchObject({ status: 'REJECTED' })
  })

  test('address not served: the stock is released, then the capture refunded', async () => {
    const [money, goods] = [await balance('alice'), await stock('keyboard')]
    const order = await ended((await place({ country: 'AQ' })).orderId)
    expect(order).toMatchObject({ status: 'CANCELLED', reason: 'address_not_served' })
    expect(steps(order).sort()).toEqual(['OrderCancelled', 'OrderPlaced', 'PaymentCaptured', 'PaymentRefunded', 'StockReserved'])
    expect(await balance('alice')).toBe(money)
    expect(await stock('keyboard')).toEqual(goods)
    expect((await request('inventory', `/reservations/${order.orderId}`)).body).toMatchObject({ status: 'RELEASED' })
    expect((await request('delivery', `/shipments/${order.orderId}`)).body).toMatchObject({
      status: 'REJECTED',
      reason: 'address_not_served',
    })
  })

  test('a customer is told of both ends', async () => {
    const confirmed = await ended((await place({ customerId: 'load-001' })).orderId)
    const cancelled = await ended((await place({ customerId: 'load-001', sku: 'unicorn' })).orderId)
    const sent = await eventually(
      () => request<{ notifications: { orderId: string; kind: string }[] }>('notification', '/notifications?customerId=load-001'),
      (a) => [confirmed, cancelled].every((o) => a.body.notifications.some((n) => n.orderId === o.orderId)),
    )
    const kindOf = (o: OrderView) => sent.body.notifications.find((n) => n.orderId === o.orderId)?.kind
    expect([kindOf(confirmed), kindOf(cancelled)]).toEqual(['order-confirmed', 'order-cancelled'])
  })

  test('an order that has ended cannot be cancelled', async () => {
    const { orderId } = await ended((await place()).orderId)
    expect(await cancel(orderId)).toMatchObject({ status: 409 })
    expect((await readOrder(orderId)).status).toBe('CONFIRMED')
  })
})

test('one order at a time: how long it takes from placing to confirming', async () => {
  const tookMs: number[] = []
  for (let i = 0; i < 20; i++) {
    const order = await ended((await place({ customerId: 'load-006' })).orderId)
    expect(order.status).toBe('CONFIRMED')
    const at = (type: string) => Date.parse(order.history.find((h) => h.type === type)?.at ?? '')
    tookMs.push(at('OrderConfirmed') - at('OrderPlaced'))
  }
  tookMs.sort((a, b) => a - b)
  console.log(`OrderPlaced → OrderConfirmed, one at a time: p50 ${tookMs[10]} ms, p90 ${tookMs[18]} ms, max ${tookMs[19]} ms`)
})

describe('requests may be repeated', () => {
  test('the same Idempotency-Key with the same body gives the same order, also when both come at once', async () => {
    const headers = { 'Idempotency-Key': uniqueKey() }
    const post = () => request<OrderView>('order', '/orders', { json: orderBody(), headers })
    const answers = [...(await Promise.all(Array.from({ length: 8 }, post))), await post()]
    expect(answers.map((a) => a.status)).toEqual(answers.map(() => 201))
    expect(new Set(answers.map((a) => a.body.orderId)).size).toBe(1)
    expect(new Set(answers.map((a) => a.headers.get('location')))).toEqual(new Set([`/orders/${answers[0]?.body.orderId}`]))
    const money = await balance('alice')
    await ended(answers[0]?.body.orderId ?? '')
    expect((await post()).body).toMatchObject({ status: 'CONFIRMED' })
    expect(await balance('alice')).toBeGreaterThanOrEqual(money - 4_990)
  })

  test('with another body it is an error', async () => {
    const headers = { 'Idempotency-Key': uniqueKey() }
    await request('order', '/orders', { json: orderBody(), headers })
    const other = await request('order', '/orders', { json: orderBody({ quantity: 2 }), headers })
    expect(other.status).toBe(422)
  })

  test('a deposit and a receipt are booked once per key', async () => {
    const [money, goods] = [await balance('load-002'), await stock('mouse')]
    const headers = { 'Idempotency-Key': uniqueKey() }
    const pay = () => request('payment', '/accounts/load-002/deposits', { json: { amount: 500 }, headers })
    const receive = () => request('inventory', '/stock/mouse/receipts', { json: { quantity: 3 }, headers })
    await Promise.all([pay(), pay(), receive(), receive()])
    expect((await pay()).status).toBe(201)
    expect((await receive()).status).toBe(201)
    expect(await balance('load-002')).toBe(money + 500)
    expect((await stock('mouse')).onHand).toBe(goods.onHand + 3)
    expect((await request('payment', '/accounts/load-002/deposits', { json: { amount: 501 }, headers })).status).toBe(422)
    expect((await request('inventory', '/stock/mouse/receipts', { json: { quantity: 4 }, headers })).status).toBe(422)
  })
})

describe('many at once', () => {
  test('hundreds of events are handled in a few transactions', async () => {
    const before = {
      handled: await metric('payment', 'shop_messages_handled_total'),
      transactions: await metric('payment', 'shop_transactions_total'),
    }
    const orders = await Promise.all(
      Array.from({ length: 300 }, (_, i) =>
        place({ customerId: `load-${String((i % 100) + 1).padStart(3, '0')}`, sku: 'sticker' }),
      ),
    )
    await Promise.all(orders.map((o) => eventually(() => readOrder(o.orderId), isEnded, 30_000)))
    const handled = (await metric('payment', 'shop_messages_handled_total')) - before.handled
    const transactions = (await metric('payment', 'shop_transactions_total')) - before.transactions
    console.log(`payment: ${handled} events in ${transactions} transactions`)
    expect(handled).toBeGreaterThanOrEqual(300)
    expect(handled / transactions).toBeGreaterThan(5)
  })

  test('lists page through all orders once', async () => {
    const mine = new Set<string>()
    for (let i = 0; i < 5; i++) mine.add((await place({ customerId: 'load-099' })).orderId)
    const seen: string[] = []
    let cursor = ''
    for (let page = 0; page < 50; page++) {
      const { body } = await request<{ orders: OrderView[]; nextCursor?: string }>(
        'order',
        `/orders?customerId=load-099&limit=2${cursor}`,
      )
      seen.push(...body.orders.map((o) => o.orderId))
      if (body.nextCursor === undefined) break
      cursor = `&cursor=${body.nextCursor}`
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect([...mine].every((id) => seen.includes(id))).toBe(true)
    await Promise.all([...mine].map((id) => ended(id)))
  })
})

/** Messages twice, late, early, and services that are away: the same ends, with the broker's help alone and no access to their insides. */
import type { Place, Stretch } from '@shop/messaging'
import { kafkaTransport } from '@shop/transport-kafka'
import { afterAll, describe, expect, inject, test } from 'vitest'
import {
  balance,
  cancel,
  ended,
  eventually,
  halt,
  metric,
  type OrderView,
  place,
  readOrder,
  request,
  type ServiceName,
  start,
  steps,
  stock,
} from './shop.ts'

const admin = kafkaTransport({ brokers: inject('backends').kafkaBrokers.split(','), clientId: 'scenarios' }).admin()
afterAll(() => admin.close())

/** Where the sequences of a topic end. */
const ends = (topic: string) => admin.stretches([topic])

/** Moves a halted service's group to these ends: what lies between comes never, or later, or again. */
const seek = async (group: ServiceName, stretches: readonly Stretch[]) => {
  const places = stretches.map(({ topic, end }): Place => ({ topic, position: end }))
  await eventually(
    async () => admin.moveGroup(group, places).then(() => true),
    (done) => done,
  )
}

const handled = (service: ServiceName, type: string) => metric(service, 'shop_messages_handled_total', `type="${type}"`)
const duplicates = (service: ServiceName) => metric(service, 'shop_messages_duplicate_total')
const heard = (orderId: string, type: string) =>
  eventually(
    () => readOrder(orderId),
    (o) => steps(o).includes(type),
  )

/** The stock once the orders before have had their goods: an order is confirmed a moment before they leave. */
const restingStock = (sku: string) =>
  eventually(
    () => stock(sku),
    (s) => s.reserved === 0,
  )

describe('cancelled in flight', () => {
  test('before the delivery, which hears of the cancellation first: everything is undone', async () => {
    const goods = await restingStock('keyboard')
    const money = await balance('alice')
    await halt('delivery')
    const before = await ends('shop.inventory')
    const { orderId } = await place()
    await heard(orderId, 'StockReserved')
    expect((await cancel(orderId)).status).toBe(202)
    // The reservation stays unknown to delivery until it has kept the request: between two topics either may come first.
    await seek('delivery', await ends('shop.inventory'))
    await start('delivery')
    await eventually(
      () => handled('delivery', 'OrderCancellationRequested'),
      (n) => n > 0,
    )
    await halt('delivery')
    await seek('delivery', before)
    await start('delivery')
    expect(await ended(orderId)).toMatchObject({ status: 'CANCELLED', reason: 'order_cancelled' })
    expect((await request('delivery', `/shipments/${orderId}`)).body).toMatchObject({
      status: 'REJECTED',
      reason: 'order_cancelled',
    })
    expect(await balance('alice')).toBe(money)
    expect(await stock('keyboard')).toEqual(goods)
  })

  test('after the pivot: the order is confirmed and its cancellation refused', async () => {
    await halt('inventory')
    const seen = await handled('delivery', 'OrderPlaced')
    const { orderId } = await place()
    await eventually(
      () => handled('delivery', 'OrderPlaced'),
      (n) => n > seen,
    )
    await halt('delivery')
    await start('inventory')
    await heard(orderId, 'StockReserved')
    const before = await ends('shop.order')
    expect((await cancel(orderId)).status).toBe(202)
    // Delivery does not hear of the cancellation until it has scheduled.
    const after = await eventually(
      () => ends('shop.order'),
      (now) => sum(now) > sum(before),
    )
    await seek('delivery', after)
    await start('delivery')
    const order = await ended(orderId)
    expect(order).toMatchObject({ status: 'CONFIRMED', cancellationRefused: true })
    await halt('delivery')
    await seek('delivery', before)
    await start('delivery')
    await eventually(
      () => handled('delivery', 'OrderCancellationRequested'),
      (n) => n > 0,
    )
    expect((await request('delivery', `/shipments/${orderId}`)).body).toMatchObject({ status: 'SCHEDULED' })
    expect((await readOrder(orderId)).status).toBe('CONFIRMED')
  })
})

describe('messages out of order, and again', () => {
  test('PaymentCaptured before OrderPlaced: inventory keeps it, and answers it once it knows the lines', async () => {
    await halt('inventory')
    const before = await ends('shop.order')
    const { orderId } = await place()
    const captured = await heard(orderId, 'PaymentCaptured')
    await seek('inventory', await ends('shop.order'))
    await start('inventory')
    await eventually(
      () => handled('inventory', 'PaymentCaptured'),
      (n) => n > 0,
    )
    expect((await request('inventory', `/reservations/${orderId}`)).status).toBe(404)
    await halt('inventory')
    await seek('inventory', before)
    await start('inventory')
    const order = await ended(orderId)
    expect(order.status).toBe('CONFIRMED')
    const idOf = (o: OrderView, type: string) => o.history.find((h) => h.type === type)
    expect(idOf(order, 'StockReserved')?.causationId).toBe(idOf(captured, 'PaymentCaptured')?.eventId)
  })

  test('the same events delivered twice have their effect once', async () => {
    const goods = await restingStock('keyboard')
    const money = await balance('alice')
    const positions = { order: await ends('shop.order'), payment: await ends('shop.payment') }
    const { orderId } = await place()
    await ended(orderId)
    await eventually(
      () => stock('keyboard'),
      (s) => s.onHand === goods.onHand - 1,
    )
    for (const service of ['payment', 'inventory'] as const) await halt(service)
    await seek('payment', positions.order)
    await seek('inventory', positions.order)
    await seek('inventory', positions.payment)
    for (const service of ['payment', 'inventory'] as const) await start(service)
    await eventually(
      () => duplicates('payment'),
      (n) => n >= 1,
    )
    await eventually(
      () => duplicates('inventory'),
      (n) => n >= 2,
    )
    expect(await balance('alice')).toBe(money - 4_990)
    expect(await stock('keyboard')).toEqual({ ...goods, onHand: goods.onHand - 1, available: goods.available - 1 })
    expect((await readOrder(orderId)).status).toBe('CONFIRMED')
  })
})

const sum = (stretches: readonly Stretch[]) => stretches.reduce((total, { records }) => total + records, 0)

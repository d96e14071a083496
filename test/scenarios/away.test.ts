/** Services that are away for a while, and cancellations meanwhile. */
import { describe, expect, test } from 'vitest'
import {
  balance,
  cancel,
  ended,
  eventually,
  halt,
  place,
  readOrder,
  request,
  type ServiceName,
  start,
  steps,
  stock,
} from './shop.ts'

const heard = (orderId: string, type: string) =>
  eventually(
    () => readOrder(orderId),
    (o) => steps(o).includes(type),
  )

describe('services that are away', () => {
  test.each(['payment', 'inventory', 'delivery'] as const)('%s down for a while: orders wait, then complete', async (service) => {
    await halt(service)
    const orders = [await place({ customerId: 'load-003' }), await place({ customerId: 'load-004' })]
    const before = { payment: 'OrderPlaced', inventory: 'PaymentCaptured', delivery: 'StockReserved' }[service]
    for (const o of orders) expect((await heard(o.orderId, before)).status).toBe('PENDING')
    await start(service)
    for (const o of orders) expect((await ended(o.orderId)).status).toBe('CONFIRMED')
  })

  test('notification down: orders are confirmed all the same, and it catches up later', async () => {
    await halt('notification')
    const confirmed = await ended((await place({ customerId: 'load-005' })).orderId)
    expect(confirmed.status).toBe('CONFIRMED')
    await start('notification')
    const sent = await eventually(
      () => request<{ notifications: { orderId: string }[] }>('notification', '/notifications?customerId=load-005'),
      (a) => a.body.notifications?.some((n) => n.orderId === confirmed.orderId),
    )
    expect(sent.body.notifications.filter((n) => n.orderId === confirmed.orderId)).toHaveLength(1)
  })
})

describe('cancelled in flight', () => {
  const inFlight: [string, ServiceName, string, string[]][] = [
    ['before the payment', 'payment', 'OrderPlaced', ['OrderPlaced', 'OrderCancellationRequested']],
    ['before the reservation', 'inventory', 'PaymentCaptured', ['PaymentCaptured', 'OrderCancellationRequested']],
  ]
  test.each(inFlight)('%s: everything is undone', async (_when, service, before, told) => {
    const [money, goods] = [await balance('alice'), await stock('keyboard')]
    await halt(service)
    const { orderId } = await place()
    await heard(orderId, before)
    const requested = await cancel(orderId)
    expect(requested).toMatchObject({ status: 202, body: { status: 'CANCELLING' } })
    expect((await cancel(orderId)).status).toBe(202)
    await start(service)
    const order = await ended(orderId)
    expect(order).toMatchObject({ status: 'CANCELLED', reason: 'order_cancelled', cancellationRequestedBy: 'customer' })
    expect(steps(order)).toEqual(expect.arrayContaining([...told, 'PaymentRefunded', 'OrderCancelled']))
    expect(steps(order).filter((s) => s === 'OrderCancellationRequested')).toHaveLength(1)
    expect(await balance('alice')).toBe(money)
    expect(await stock('keyboard')).toEqual(goods)
  })
})

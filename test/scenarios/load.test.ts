/** Many orders at once, with services killed meanwhile; the whole history is checked afterwards. */
import { serviceNames } from '@shop/choreography'
import { describe, expect, test } from 'vitest'
import { type Basket, cancel, check, eventually, isReady, kill, metric, orderBody, place, request } from './shop.ts'

const boundMs = 60_000

const customer = (i: number): string => `load-${String((i % 100) + 1).padStart(3, '0')}`

/** Most are good; every tenth fails in one of three ways, and every tenth is cancelled in flight. */
const mixed = (i: number): Basket => {
  const good = { customerId: customer(i), sku: 'sticker', quantity: 1 + (i % 3) }
  if (i % 30 === 3) return { ...good, customerId: 'bob', sku: 'laptop' }
  if (i % 30 === 13) return { ...good, sku: 'unicorn' }
  if (i % 30 === 23) return { ...good, country: 'AQ' }
  return good
}

const placeMany = async (count: number): Promise<void> => {
  await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const { orderId } = await place(mixed(i))
      if (i % 10 === 7) await cancel(orderId)
    }),
  )
}

const open = async (): Promise<number> => {
  const counts = await Promise.all(
    ['PENDING', 'CANCELLING'].map((status) => request<{ orders: unknown[] }>('order', `/orders?status=${status}&limit=200`)),
  )
  return counts.reduce((sum, { body }) => sum + body.orders.length, 0)
}

const allEnd = () => eventually(open, (n) => n === 0, boundMs)

describe('under load', () => {
  test('500 mixed orders at once all end within 60 s, and every invariant holds', async () => {
    const begunAt = Date.now()
    await placeMany(500)
    await allEnd()
    console.log(`500 mixed orders ended within ${((Date.now() - begunAt) / 1_000).toFixed(1)} s`)
    expect(Date.now() - begunAt).toBeLessThan(boundMs)
    const { code, output } = await check('--wait', '30')
    expect(output).toMatch(/0 violated/)
    expect(code, output).toBe(0)
  }, 180_000)

  test.each(serviceNames)(
    'kill -9 of %s while orders are in flight: all end, and it comes back by itself',
    async (service) => {
      const placing = Promise.allSettled(
        Array.from({ length: 150 }, (_, i) =>
          // A client that got no answer asks again with the same key.
          eventually(
            () =>
              request('order', '/orders', { json: orderBody(mixed(i)), headers: { 'Idempotency-Key': `${service}-kill-${i}` } }),
            (a) => a.status === 201,
            30_000,
          ),
        ),
      )
      await eventually(
        () => metric(service, 'shop_messages_handled_total'),
        (n) => n > 0,
      )
      await kill(service)
      const placed = await placing
      expect(placed.filter((p) => p.status === 'rejected')).toEqual([])
      await isReady(service)
      await allEnd()
    },
    180_000,
  )

  test('after all of these kills every invariant holds', async () => {
    const { code, output } = await check('--wait', '30')
    expect(output).toMatch(/0 violated/)
    expect(code, output).toBe(0)
  }, 180_000)
})

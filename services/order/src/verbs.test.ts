import { expect, test } from 'vitest'
import { cancel, confirm, place } from './order.ts'

const order = place({
  customerId: 'alice',
  lines: [{ sku: 'mouse', quantity: 1, unitPrice: 100 }],
  ...{ total: 100, currency: 'EUR', shippingAddress: { name: 'A', street: 'B', city: 'C', postalCode: 'D', country: 'DE' } },
  ...{ placedAt: '2026-01-01T00:00:00.000Z', deadlineAt: '2026-01-01T00:05:00.000Z', correlationId: 'saga' },
})

test('it begins PENDING and ends CONFIRMED or CANCELLED', () => {
  expect(order).toMatchObject({ status: 'PENDING', history: [] })
  expect('fingerprint' in order).toBe(false)
  expect(confirm(order)).toEqual({ ...order, status: 'CONFIRMED' })
  expect(cancel(order, 'out_of_stock')).toEqual({ ...order, status: 'CANCELLED', reason: 'out_of_stock' })
})

test('a request to cancel that came too late is refused', () => {
  expect(confirm({ ...order, status: 'CANCELLING' })).toMatchObject({ status: 'CONFIRMED', cancellationRefused: true })
})

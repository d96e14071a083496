import { expect, test } from 'vitest'
import { newOrder } from './order.ts'
import { RecentOrders } from './recent-orders.ts'

test('the 5,000 orders that changed last are kept', () => {
  const recent = new RecentOrders()
  const keep = (orderId: string) =>
    recent.keep(orderId, { current: { order: newOrder(orderId, 0), told: [] }, contributions: new Map() })
  for (let i = 0; i < 5_000; i++) keep(`${i}`)
  keep('0')
  keep('last')
  expect(['0', '1', '2', 'last'].map((id) => recent.get(id)?.current.order.orderId)).toEqual(['0', undefined, '2', 'last'])
})

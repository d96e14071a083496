import { expect, test, vi } from 'vitest'
import type { OrderRequest } from './api.ts'
import { Bursts } from './burst.ts'

test('places so many, with the share that fails spread over it, and no second burst meanwhile', async () => {
  const placed: OrderRequest[] = []
  const bursts = new Bursts(async (order) => {
    placed.push(order)
    return placed.length % 4 > 0
  })
  expect(bursts.start({ count: 40, perSecond: 200, failing: 0.25 })?.running).toBe(true)
  expect(bursts.start({ count: 1 })).toBeUndefined()
  await vi.waitUntil(() => bursts.latest?.running === false)
  expect(bursts.latest).toMatchObject({ count: 40, placed: 30, refused: 10 })
  expect(placed.filter((o) => !o.customerId.startsWith('load-'))).toHaveLength(10)
  expect(bursts.start({ count: 1 })?.running).toBe(true)
})

test('keeps the number of requests under way bounded, and can be ended', async () => {
  const waiting: (() => void)[] = []
  const bursts = new Bursts(() => new Promise((resolve) => waiting.push(() => resolve(true))))
  bursts.start({ count: 5_000, perSecond: 200 })
  await vi.waitUntil(() => waiting.length === 50, { timeout: 5_000 })
  bursts.stop()
  for (const answer of waiting) answer()
  await vi.waitUntil(() => bursts.latest?.running === false)
  expect(bursts.latest?.placed).toBe(waiting.length)
  expect(waiting.length).toBeLessThanOrEqual(100)
})

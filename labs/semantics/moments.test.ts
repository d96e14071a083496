import { describe, expect, test } from 'vitest'
import { paymentsOf } from '../payments/payment.ts'
import { planOf } from './moments.ts'
import { cutsAt } from './producer/cut-run.ts'

const seeds = Array.from({ length: 50 }, (_, seed) => seed)

describe('moments', () => {
  test('the same seed gives the same plan and the same payments, another one others', () => {
    expect(planOf(7, 600, 3)).toEqual(planOf(7, 600, 3))
    expect(planOf(8, 600, 3)).not.toEqual(planOf(7, 600, 3))
    expect(paymentsOf(7, 50)).toEqual(paymentsOf(7, 50))
    expect(paymentsOf(8, 50)).not.toEqual(paymentsOf(7, 50))
  })

  test('one consumer dies before an effect and one after it, whatever the seed', () => {
    for (const seed of seeds) expect(planOf(seed, 200, 2).moments.map(({ when }) => when)).toEqual(['before', 'after'])
  })

  test('each consumer gets to its moment with its own share alone', () => {
    for (const seed of seeds) {
      const { moments, share } = planOf(seed, 600, 3)
      expect(share * 4).toBeLessThanOrEqual(600)
      for (const { booking } of moments) {
        expect(booking).toBeGreaterThan(0)
        expect(booking).toBeLessThan(share)
      }
    }
  })

  test('payments of an account are numbered from 1 on, and all ids differ', () => {
    const payments = paymentsOf(3, 500)
    for (const ofAccount of Map.groupBy(payments, ({ account }) => account).values())
      expect(ofAccount.map(({ sequence }) => sequence)).toEqual(ofAccount.map((_, index) => index + 1))
    expect(new Set(payments.map(({ id }) => id)).size).toBe(500)
  })

  test('as many cuts as wanted, none at the first batch, all within the batches', () => {
    for (const seed of seeds) {
      const places = [...cutsAt(seed, 20, 3)]
      expect(places).toHaveLength(3)
      expect(Math.min(...places)).toBeGreaterThan(0)
      expect(Math.max(...places)).toBeLessThan(20)
    }
  })
})

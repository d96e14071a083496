import { describe, expect, test } from 'vitest'
import { readRequest } from '../../tools/faults/arguments.ts'
import { faults } from '../../tools/faults/every-fault.ts'
import { faultClasses, type PlannedFault, planFor } from './plan.ts'
import { endedAtMs, percentile, recoveries } from './recovery.ts'

const options = { forMs: [1_000, 8_000], gapMs: [500, 1_000] } as const
const first = (count: number, seed: number, lane: 'machines' | 'others' = 'machines'): PlannedFault[] => {
  const plan = planFor(lane, { ...options, seed })
  return Array.from({ length: count }, () => plan.next().value as PlannedFault)
}

describe('the plan', () => {
  test('follows from the seed', () => {
    expect(first(50, 7)).toEqual(first(50, 7))
    expect(first(50, 7)).not.toEqual(first(50, 8))
  })

  test.each(['machines', 'others'] as const)('%s: every class comes before one comes again', (lane) => {
    const names = faultClasses.filter((c) => c.lane === lane).map((c) => c.name)
    expect(
      first(names.length, 3, lane)
        .map((f) => f.className)
        .sort(),
    ).toEqual([...names].sort())
  })

  test('every planned fault is one that npm run fault takes, and together they are all that there are', () => {
    const planned = [...first(400, 5), ...first(400, 5, 'others')]
    const names = planned.map(({ args }) => {
      const { what } = readRequest(args)
      return typeof what === 'object' && 'fault' in what ? what.fault.name : '(none)'
    })
    const left = faults.map((f) => f.name).filter((name) => !names.includes(name))
    expect(left).toEqual(['stop']) // as a restart, and as being down
    expect(new Set(planned.map((f) => f.className)).size).toBeGreaterThanOrEqual(20)
  })
})

describe('recovery', () => {
  const at = (ms: number) => new Date(ms).toISOString()
  const order = (placed: number, ended?: number) => ({
    orderId: `${placed}`,
    status: ended === undefined ? ('PENDING' as const) : ('CONFIRMED' as const),
    placedAt: at(placed),
    history: [
      { type: 'OrderPlaced', at: at(placed) },
      ...(ended === undefined ? [] : [{ type: 'OrderConfirmed', at: at(ended) }]),
    ],
  })
  const fault = { className: 'x', args: [], did: 'x', begunAtMs: 10_000, overAtMs: 20_000 }

  test('counts from the end of the fault to the last end of the orders that met it', () => {
    const orders = [order(5_000, 30_000), order(12_000, 21_000), order(19_000, 23_500), order(40_000, 41_000), order(15_000)]
    expect(recoveries([fault], orders)).toMatchObject([{ orders: 2, recoveryMs: 3_500 }])
  })

  test('is nothing when they ended while it lasted, and ends with the first order afterwards when none was placed', () => {
    expect(recoveries([fault], [order(12_000, 13_000)])).toMatchObject([{ orders: 1, recoveryMs: 0 }])
    expect(recoveries([fault], [order(25_000, 26_000)])).toMatchObject([{ orders: 0, recoveryMs: 6_000 }])
    expect(recoveries([fault], [])).toMatchObject([{ orders: 0, recoveryMs: undefined }])
    expect(endedAtMs(order(1))).toBeUndefined()
  })

  test('percentiles', () => {
    const values = Array.from({ length: 100 }, (_, i) => i + 1)
    expect([50, 99, 100].map((p) => percentile(values, p))).toEqual([50, 99, 100])
    expect(percentile([7], 50)).toBe(7)
    expect(percentile([], 50)).toBeUndefined()
  })
})

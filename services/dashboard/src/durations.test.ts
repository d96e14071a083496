import fc from 'fast-check'
import { expect, test } from 'vitest'
import { binOf, percentile } from './durations.ts'

test('a percentile read from bins is within 10 % of the true one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 10, max: 600_000 }), { minLength: 1, maxLength: 200 }),
      fc.constantFrom(0.5, 0.95),
      (durations, share) => {
        const bins = new Map<number, number>()
        for (const ms of durations) bins.set(binOf(ms), (bins.get(binOf(ms)) ?? 0) + 1)
        const sorted = durations.toSorted((a, b) => a - b)
        const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? 0
        const read = percentile(bins, share) ?? 0
        expect(Math.abs(read - exact) / exact).toBeLessThan(0.1)
      },
    ),
  )
})

test('without durations there is none', () => {
  expect(percentile(new Map(), 0.5)).toBeUndefined()
  expect(percentile(new Map([[3, 0]]), 0.5)).toBeUndefined()
})

/** `npm run odd-records` in small: 500 records of one seed, on a shop of its own. */
import { expect, test } from 'vitest'
import { describeRecord } from './odd-record.ts'
import { playAll } from './playing.ts'
import { reportOf, summaryOf } from './report.ts'
import type { RoundResult } from './rounds.ts'

const seed = 1
const records = 500

test(`${records} odd records on every topic hold up no order, break no invariant, and take little memory`, {
  timeout: 400_000,
}, async () => {
  const results: RoundResult[] = []
  const { failed, rounds } = await playAll({
    seed,
    round: 250,
    numbers: Array.from({ length: records }, (_, i) => i),
    log: (line) => console.log(`shop: ${line}`),
    onRound: (result) => void results.push(result),
  })
  const failing = (failed ?? []).map((number) => describeRecord(rounds.recordOf(number)))
  const report = reportOf({ seed, results, memoryMb: rounds.memory.peakMb, failing, isSmallest: false })
  console.log(summaryOf(report))
  expect(report.flaws, summaryOf(report)).toEqual([])
  expect(report.records).toBe(records)
  expect(report.orders.count).toBeGreaterThanOrEqual(100)
  // What the broker does not take tries nothing.
  expect(report.refused, results.flatMap((r) => r.refused).join('\n')).toBeLessThan(records / 20)
  expect(Object.keys(report.memoryMb)).toEqual(
    expect.arrayContaining(['order', 'payment', 'inventory', 'delivery', 'notification', 'dashboard']),
  )
})

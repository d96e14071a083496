import { Misuse } from '@shop/command-line'
import { expect, test } from 'vitest'
import { bodies } from './bodies.ts'
import { cpuOf, latencyOf, memoryGrowth, type Phase, type Report } from './figures.ts'
import { readOptions } from './options.ts'
import { reportText } from './table.ts'

const phase: Phase = {
  name: 'max',
  seconds: 10,
  accepted: 1_000,
  acceptedPerSecond: 101,
  confirmed: 1_000,
  cancelled: 0,
  completedPerSecond: 100,
  refused: 0,
  failed: 0,
  open: 0,
  latency: latencyOf([3, 1, 2]),
  cpuMsPerOrder: { order: 1.5, load: 0.25 },
  coresOfOthers: 0.1,
  samples: [{ second: 10, completed: 1_000, residentMb: { order: 100, load: 50 } }],
  eventsPerSecond: 500,
  handledPerSecond: 1_000,
  batchSize: { order: 12.34 },
  transactionsPerOrder: 0.2,
  postgresCommitsPerOrder: 0.1,
}
const report: Report = {
  at: '2026-01-01T00:00:00.000Z',
  machine: '2 processors',
  settings: { seconds: 10 },
  durability: ['fsync=on'],
  phases: [phase],
  check: '19 invariants hold',
}

test('percentiles are times that were measured', () => {
  const times = Array.from({ length: 100 }, (_, i) => 100 - i)
  expect(latencyOf(times)).toEqual({ count: 100, p50: 50, p95: 95, p99: 99, max: 100 })
  expect(latencyOf([7])).toEqual({ count: 1, p50: 7, p95: 7, p99: 7, max: 7 })
  expect(latencyOf([]).p50).toBeNaN()
})

test('memory grows from the second fifth of a phase to the last one', () => {
  const samples = [10, 100, 120, 140, 150].map((mb, second) => ({ second, completed: 0, residentMb: { order: mb } }))
  expect(memoryGrowth({ ...phase, samples })).toBe(1.5)
  expect(memoryGrowth(phase)).toBeNaN()
})

test('the table has a row for each figure and process', () => {
  expect(cpuOf(phase)).toBe(1.75)
  const text = reportText(report)
  expect(text).toMatch(/completed orders\/s\s+100\n/)
  expect(text).toMatch(/CPU-ms per order\s+1\.75\n {2}order\s+1\.50\n {2}load\s+0\.25\n/)
  expect(text).toMatch(/resident MB at the end\s+150\n {2}order\s+100\n/)
  expect(text).toMatch(/order: messages each\s+12\.3\n/)
})

test('a comparison divides by the other run, and names what was asked for differently', () => {
  const before = { ...report, at: 'before', settings: { seconds: 20 }, phases: [{ ...phase, completedPerSecond: 50 }] }
  const text = reportText(report, before)
  expect(text).toMatch(/completed orders\/s\s+100 \(×2\.00\)/)
  expect(text).toContain('seconds 10 instead of 20')
})

test('of a hundred orders as many fail as were asked for, in three ways', () => {
  const body = bodies({ failPercent: 20, customers: 10, skus: 5 })
  const made = Array.from({ length: 300 }, (_, n) => JSON.parse(body(n)) as { customerId: string; lines: [{ sku: string }] })
  const skus = Map.groupBy(made, ({ lines: [{ sku }] }) => sku)
  expect(skus.get('laptop')).toHaveLength(20)
  expect(skus.get('unicorn')).toHaveLength(20)
  expect(made.filter((o) => JSON.stringify(o).includes('"AQ"'))).toHaveLength(20)
  expect(skus.size).toBe(5 + 2)
  expect(new Set(made.map((o) => o.customerId)).size).toBe(10 + 1)
})

test('one hot account and one hot SKU', () => {
  const asked = readOptions(['--hot-account', '--hot-sku', '--seconds', '5'])?.settings
  expect(asked).toMatchObject({ customers: 1, skus: 1, seconds: 5, overloadSeconds: 5, warmUpSeconds: 5 })
})

test.each([
  [['--phases', '50'], /--phases: 50 needs max before it, or --max/],
  [['--phases', 'fast'], /--phases: fast is none of max/],
  [['--seconds', '0'], /--seconds must be a whole number from 1 to 3600/],
  [['--nonsense'], /--help tells the options/],
])('%j is refused with what to do', (args, message) => {
  expect(() => readOptions(args)).toThrow(Misuse)
  expect(() => readOptions(args)).toThrow(message)
})

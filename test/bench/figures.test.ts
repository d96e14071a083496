import { expect, test } from 'vitest'
import { cpuOf, latencyOf, type Phase, type Report, reportText } from './figures.ts'

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
  residentMb: { order: 100, load: 50 },
  eventsPerSecond: 500,
  batchSize: { order: 12.34 },
  postgresCommitsPerOrder: 0.1,
}
const report: Report = {
  at: '2026-01-01T00:00:00.000Z',
  machine: '2 cores',
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

test('the table has a row for each figure and process', () => {
  expect(cpuOf(phase)).toBe(1.75)
  const text = reportText(report)
  expect(text).toMatch(/completed orders\/s\s+100\n/)
  expect(text).toMatch(/CPU-ms per order\s+1\.75\n {2}order\s+1\.50\n {2}load\s+0\.25\n/)
  expect(text).toMatch(/order events\/transaction\s+12\.3\n/)
})

test('a comparison divides by the other run', () => {
  const before = { ...report, at: 'before', phases: [{ ...phase, completedPerSecond: 50 }] }
  expect(reportText(report, before)).toMatch(/completed orders\/s\s+100 \(×2\.00\)/)
})

import { describe, expect, test } from 'vitest'
import { deviationsOf, type Row, tableOf, wayNames } from './row.ts'

const row: Row = {
  way: 'relay',
  p50Ms: 12,
  p99Ms: 40.4,
  perSecond: 2_345.6,
  cpuMs: { service: 0.5, database: 0.25, connect: 0, broker: 0.125 },
  idleCpuMs: 0,
  logBytes: 812,
  rows: 3,
  doubled: 5,
  stoodMs: 1_234,
  keptBytes: 700,
  catchUpMs: 900,
  lost: 0,
  outOfOrder: 0,
}

describe('what must be', () => {
  test('nothing is lost or out of order, whatever the way', () => {
    for (const way of wayNames)
      expect(deviationsOf({ ...row, way, doubled: 0, lost: 1, outOfOrder: 2 })).toEqual(['1 lost', '2 out of order'])
  })
  test('more than a transaction does not come twice where that is promised, and there alone', () => {
    expect(wayNames.map((way) => deviationsOf({ ...row, way, doubled: 10 }))).toEqual([[], [], []])
    expect(wayNames.map((way) => deviationsOf({ ...row, way, doubled: 11 }))).toEqual([[], [], ['11 doubled']])
  })
})

test('the table has a line for each figure, its columns below each other', () => {
  const lines = tableOf([row, { ...row, way: 'cdc' }]).split('\n')
  expect(new Set(lines.map((line) => line.length)).size).toBe(1)
  expect(lines[2]).toMatch(/^\| latency p50, ms +\| +12 \| +12 \|$/)
  expect(lines.find((line) => line.includes('processor time an event'))).toContain(' 0.88 |')
})

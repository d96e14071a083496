import { describe, expect, test } from 'vitest'
import type { Counts } from '../payments/counting.ts'
import { acksModes, consumerModes } from './modes.ts'
import { pageOf } from './page.ts'
import { type Row, rowNotRun, rowOf } from './row.ts'
import { textOf } from './table.ts'

const counts: Counts = { sent: 9, handled: 8, lost: 1, doubled: 2, outOfOrder: 0, perSecond: 40 }
const asExpected: Row = { mode: 'commit-first', ...consumerModes['commit-first'], counts, deviations: [] }
const notRun = rowNotRun('acks-all', acksModes.all, 'needs three brokers')
const setting = { command: 'npm run lab -- semantics --seed 4', payments: 9, kills: 2 }

describe('the table', () => {
  test('behind each count stands the sign that it must have', () => {
    expect(textOf([asExpected]).replaceAll(/ +/g, ' ')).toContain(' 9 8 1 (> 0) 2 (= 0) 0 (= 0) 40 as expected')
  })

  test('a count with another sign is not passed over', () => {
    const payment = { id: 'p', account: 'a', sequence: 1, amount: 1 }
    const row = rowOf('inbox', consumerModes.inbox, [payment], [])
    expect(row.deviations).toEqual(['none should be lost, and 1 of 1 are'])
    expect(textOf([row])).toContain('NOT as expected: none should be lost')
  })

  test('what was not run says why, and shows no counts', () => {
    expect(textOf([notRun])).toContain('not run: needs three brokers')
    expect(textOf([notRun])).not.toMatch(/\d \(/)
  })

  test('the page has the command, a section for each fault that there was, and the other seeds', () => {
    const broken = { ...asExpected, deviations: ['none should be doubled, and 2 of 9 are'] }
    const page = pageOf(setting, [
      { seed: 4, rows: [asExpected, notRun] },
      { seed: 5, rows: [asExpected] },
      { seed: 6, rows: [broken] },
    ])
    expect(page).toContain('Written by `npm run lab -- semantics --seed 4`')
    expect(page).toContain('repeated with the seeds 5 (the same signs), 6 (OTHER SIGNS)')
    expect(page.match(/^## .*/gm)).toEqual(['## A consumer is killed', '## The leader is killed'])
  })
})

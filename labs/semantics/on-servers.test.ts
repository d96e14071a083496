/** The table in small, on the real broker and database. */
import { beforeAll, describe, expect, test } from 'vitest'
import { modeNames } from './modes.ts'
import type { Row } from './row.ts'
import { measureOnOne } from './run.ts'

const addresses = { brokers: (process.env.KAFKA_BROKERS ?? '').split(','), postgresUrl: process.env.POSTGRES_URL ?? '' }
const modes = modeNames.filter((mode) => !mode.startsWith('acks-'))
/** The topic of the transactions is read twice. */
const titles = [...modes, 'transaction-uncommitted']

describe('delivery semantics', () => {
  let rows: readonly Row[] = []
  beforeAll(async () => {
    rows = await measureOnOne({ seed: 5, payments: 150, kills: 2, modes, atOnce: 3, say: () => {} }, addresses)
  }, 240_000)

  test('every mode is there', () => {
    expect(rows.map(({ mode }) => mode).toSorted()).toEqual(titles.toSorted())
  })

  test.each(titles)('%s has the signs that it promises', (mode) => {
    const row = rows.find((each) => each.mode === mode)
    expect(row?.counts?.sent).toBe(150)
    expect(row?.deviations).toEqual([])
  })
})

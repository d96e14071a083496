/** The table in small, on the real broker and database. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { Row } from '../semantics/row.ts'
import { queueModeNames } from './modes.ts'
import { measureQueues } from './run.ts'

const url = process.env.RABBITMQ_URL ?? ''
const where = url === '' ? ' (skipped: no rabbitmq-server is installed, and RABBITMQ_URL names none)' : ''

describe.skipIf(url === '')(`semantics of queues${where}`, () => {
  let rows: readonly Row[] = []
  beforeAll(async () => {
    const addresses = { url, postgresUrl: process.env.POSTGRES_URL ?? '' }
    rows = await measureQueues({ seed: 5, payments: 150, kills: 2, modes: queueModeNames, say: () => {} }, addresses)
  }, 120_000)

  test.each(queueModeNames)('%s has the signs that it promises', (mode) => {
    const row = rows.find((each) => each.mode === mode)
    expect(row?.counts?.sent).toBeGreaterThanOrEqual(149)
    expect(row?.deviations).toEqual([])
  })
})

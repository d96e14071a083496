import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { check, ended, place } from './shop.ts'

test('the check names a violation and fails', async () => {
  await ended((await place()).orderId)
  const client = new pg.Client({ connectionString: inject('backends').databaseUrls.payment })
  await client.connect()
  try {
    await client.query(`UPDATE accounts SET balance = balance + 1 WHERE customer_id = 'alice'`)
    const { code, output } = await check('--json')
    expect(code).toBe(1)
    expect(output).toContain('accounts-match-ledger')
  } finally {
    await client.query(`UPDATE accounts SET balance = balance - 1 WHERE customer_id = 'alice'`)
    await client.end()
  }
  expect((await check()).code).toBe(0)
}, 120_000)

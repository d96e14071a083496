import type { Pool } from 'pg'
import { customerAccount, funding } from './payment.ts'

interface DemoCustomer {
  readonly customerId: string
  /** Cents. */
  readonly balance: number
  readonly blocked: boolean
}

/** @param loadCustomers how many have money without end, as load needs them. */
const demoCustomers = (loadCustomers: number): readonly DemoCustomer[] => [
  { customerId: 'alice', balance: 1_000_000, blocked: false },
  { customerId: 'bob', balance: 2_000, blocked: false },
  { customerId: 'mallory', balance: 1_000_000, blocked: true },
  ...Array.from({ length: loadCustomers }, (_, i) => ({
    customerId: `load-${String(i + 1).padStart(3, '0')}`,
    balance: 100_000_000_000,
    blocked: false,
  })),
]

/** Adds the demo customers that do not exist yet; their first money is a deposit in the ledger like any other. One statement, so all or nothing. */
export const seed = async (pool: Pool, loadCustomers: number): Promise<void> => {
  const customers = demoCustomers(loadCustomers)
  await pool.query(
    `WITH demo AS (
       SELECT * FROM unnest($1::text[], $2::bigint[], $3::boolean[]) AS t(customer_id, balance, blocked)
     ), added AS (
       INSERT INTO accounts (customer_id, balance, currency, blocked)
       SELECT customer_id, balance, 'EUR', blocked FROM demo ON CONFLICT DO NOTHING
       RETURNING customer_id, balance, currency, gen_random_uuid() AS transaction_id
     )
     INSERT INTO ledger (transaction_id, kind, account, amount, currency)
     SELECT transaction_id, 'deposit', account, amount, currency FROM added,
       LATERAL (VALUES ($4, -balance), ($5 || customer_id, balance)) AS entry(account, amount)`,
    [
      customers.map((c) => c.customerId),
      customers.map((c) => c.balance),
      customers.map((c) => c.blocked),
      funding,
      customerAccount(''),
    ],
  )
}

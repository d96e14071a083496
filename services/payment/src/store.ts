/** Loads and saves with the native handle: one statement per table and batch. */
import { type Message, type Told, toldAgain } from '@shop/messaging'
import type { PoolClient } from 'pg'
import type { Account, Payment } from './payment.ts'
import type { Booking } from './tables.ts'

interface PaymentRow {
  order_id: string
  status: Payment['status']
  customer_id: string
  amount: number
  currency: string
  reason: string | null
  told: readonly Told[] | null
  captured_id: string | null
}

const toPayment = ({ status, customer_id, amount, currency, reason, told, captured_id }: PaymentRow): Payment => ({
  status,
  customerId: customer_id,
  amount,
  currency,
  ...(reason === null ? {} : { reason }),
  ...(told === null ? {} : { told }),
  ...(captured_id === null ? {} : { capturedId: captured_id }),
})

type Queryable = Pick<PoolClient, 'query'>

/** The payments of the orders, locked in key order until the transaction ends. */
export const lockPayments = async (client: Queryable, orderIds: readonly string[]): Promise<Map<string, Payment>> => {
  const { rows } = await client.query<PaymentRow>({
    name: 'payments-lock',
    text: `SELECT order_id, status, customer_id, amount, currency, reason, told, captured_id FROM payments
            WHERE order_id = ANY($1::uuid[]) ORDER BY order_id FOR UPDATE`,
    values: [orderIds],
  })
  return new Map(rows.map((row) => [row.order_id, toPayment(row)]))
}

/** The customers' accounts, locked in key order until the transaction ends; orders of one customer are decided one after the other. */
export const lockAccounts = async (client: Queryable, customerIds: readonly string[]): Promise<Map<string, Account>> => {
  const { rows } = await client.query<Account & { customer_id: string }>({
    name: 'accounts-lock',
    text: `SELECT customer_id, balance, currency, blocked FROM accounts
            WHERE customer_id = ANY($1::text[]) ORDER BY customer_id FOR UPDATE`,
    values: [customerIds],
  })
  return new Map(rows.map(({ customer_id, balance, currency, blocked }) => [customer_id, { balance, currency, blocked }]))
}

export const savePayments = async (client: Queryable, payments: ReadonlyMap<string, Payment>): Promise<void> => {
  if (payments.size === 0) return
  const rows = [...payments]
  await client.query({
    name: 'payments-save',
    text: `INSERT INTO payments (order_id, customer_id, status, amount, currency, reason, told, captured_id)
           SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::json[], $8::uuid[])
           ON CONFLICT (order_id) DO UPDATE SET status = excluded.status, reason = excluded.reason, told = excluded.told`,
    values: [
      rows.map(([orderId]) => orderId),
      rows.map(([, p]) => p.customerId),
      rows.map(([, p]) => p.status),
      rows.map(([, p]) => p.amount),
      rows.map(([, p]) => p.currency),
      rows.map(([, p]) => p.reason ?? null),
      rows.map(([, p]) => (p.told === undefined ? null : JSON.stringify(p.told))),
      rows.map(([, p]) => p.capturedId ?? null),
    ],
  })
}

export const saveBalances = async (client: Queryable, accounts: ReadonlyMap<string, Account>): Promise<void> => {
  if (accounts.size === 0) return
  await client.query({
    name: 'accounts-save',
    text: `UPDATE accounts SET balance = changed.balance
             FROM unnest($1::text[], $2::bigint[]) AS changed(customer_id, balance) WHERE accounts.customer_id = changed.customer_id`,
    values: [[...accounts.keys()], [...accounts.values()].map((a) => a.balance)],
  })
}

/** Writes both entries of each booking. */
export const book = async (client: Queryable, bookings: readonly Booking[]): Promise<void> => {
  if (bookings.length === 0) return
  const entries = bookings.flatMap(({ transactionId, orderId, transfer: t }) => [
    { transactionId, orderId, kind: t.kind, account: t.from, amount: -t.amount, currency: t.currency },
    { transactionId, orderId, kind: t.kind, account: t.to, amount: t.amount, currency: t.currency },
  ])
  await client.query({
    name: 'ledger-book',
    text: `INSERT INTO ledger (transaction_id, order_id, kind, account, amount, currency)
           SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[])`,
    values: [
      entries.map((e) => e.transactionId),
      entries.map((e) => e.orderId ?? null),
      entries.map((e) => e.kind),
      entries.map((e) => e.account),
      entries.map((e) => e.amount),
      entries.map((e) => e.currency),
    ],
  })
}

export const findPayment = async (client: Queryable, orderId: string): Promise<Payment | undefined> => {
  const { rows } = await client.query<PaymentRow>('SELECT * FROM payments WHERE order_id = $1', [orderId])
  return rows[0] && toPayment(rows[0])
}

/** What was told of the orders' payments, per order in the order in which it was told. Payments of before decision 22 kept nothing. */
export const findTold = async (client: Queryable, orderIds: readonly string[]): Promise<readonly Message[]> => {
  const { rows } = await client.query<{ order_id: string; told: readonly Told[] }>(
    'SELECT order_id, told FROM payments WHERE order_id = ANY($1::uuid[]) AND told IS NOT NULL',
    [orderIds],
  )
  return rows.flatMap(({ order_id, told }) => toldAgain(order_id, { told }))
}

export const findAccount = async (client: Queryable, customerId: string): Promise<Account | undefined> => {
  const { rows } = await client.query<Account>('SELECT balance, currency, blocked FROM accounts WHERE customer_id = $1', [
    customerId,
  ])
  return rows[0]
}

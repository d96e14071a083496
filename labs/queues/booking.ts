/** What a consumer does with a payment, with and without a memory of what it has done. */
import type { Pool } from 'pg'
import { book } from '../payments/bookings.ts'
import type { Payment } from '../payments/payment.ts'

export type Book = (payment: Payment, life: number) => Promise<void>

export const prepareInbox = async (pool: Pool): Promise<void> => {
  await pool.query('CREATE TABLE IF NOT EXISTS booked (run text, payment uuid, PRIMARY KEY (run, payment))')
}

export const booksEach =
  (pool: Pool, run: string): Book =>
  (payment, life) =>
    book(pool, { run, life }, payment)

/** Id and booking in one transaction; what has been booked is passed over. */
export const booksOnce =
  (pool: Pool, run: string): Book =>
  async (payment, life) => {
    const client = await pool.connect()
    try {
      await client.query('BEGIN')
      const { rowCount } = await client.query('INSERT INTO booked VALUES ($1, $2) ON CONFLICT DO NOTHING', [run, payment.id])
      if (rowCount === 1) await book(client, { run, life }, payment)
      await client.query('COMMIT')
    } finally {
      client.release()
    }
  }

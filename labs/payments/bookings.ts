/** The effects in the database: a row for each, with nothing that would keep a second one of a payment out. */
import { anyBytesSchema, deadLettersSchema, messagingSchema, migrate, sourcesSchema } from '@shop/store-postgres'
import type { Pool, PoolClient } from 'pg'
import type { Booking } from './counting.ts'
import type { Payment } from './payment.ts'

const migrations = [
  messagingSchema,
  deadLettersSchema,
  anyBytesSchema,
  sourcesSchema,
  `
CREATE TABLE bookings (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run text NOT NULL,
  life int NOT NULL,
  payment uuid NOT NULL,
  account uuid NOT NULL,
  sequence int NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON bookings (run, position);
`,
]

export const prepareBookings = async (pool: Pool): Promise<void> => {
  await migrate(pool, migrations)
}

/** @param run the topic: bookings of each mode are told apart by it */
export const book = async (
  by: Pool | PoolClient,
  { run, life }: { readonly run: string; readonly life: number },
  { id, account, sequence }: Payment,
): Promise<void> => {
  await by.query({
    name: 'book',
    text: 'INSERT INTO bookings (run, life, payment, account, sequence) VALUES ($1, $2, $3, $4, $5)',
    values: [run, life, id, account, sequence],
  })
}

/** In the order in which they were made. */
export const bookingsOf = async (pool: Pool, run: string): Promise<Booking[]> => {
  const { rows } = await pool.query<Booking>(
    `SELECT payment AS id, account, sequence, life, (extract(epoch FROM at) * 1000)::float8 AS "atMs"
       FROM bookings WHERE run = $1 ORDER BY position`,
    [run],
  )
  return rows
}

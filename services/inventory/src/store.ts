/** Loads and saves with the native handle: one statement per table and batch. */
import type { PoolClient } from 'pg'
import type { Reservation, Stock } from './inventory.ts'

export type Queryable = Pick<PoolClient, 'query'>

interface ReservationRow {
  order_id: string
  status: NonNullable<Reservation['status']> | null
  lines: NonNullable<Reservation['lines']> | null
  reason: string | null
  early: NonNullable<Reservation['early']> | null
}

const toReservation = ({ status, lines, reason, early }: ReservationRow): Reservation => ({
  ...(status === null ? {} : { status }),
  ...(lines === null ? {} : { lines }),
  ...(reason === null ? {} : { reason }),
  ...(early === null ? {} : { early }),
})

/**
 * Makes an empty reservation for each order that has none. OrderPlaced and PaymentCaptured come by different topics, so possibly at
 * the same time in two transactions: a row that does not exist cannot be locked, and each would overwrite what the other one keeps.
 * This waits for the other one, and lockReservations sees what it did.
 */
export const openReservations = async (client: Queryable, orderIds: readonly string[]): Promise<void> => {
  if (orderIds.length === 0) return
  await client.query({
    name: 'reservations-open',
    // Sorted, so that two transactions with the same orders wait for each other instead of deadlocking.
    text: `INSERT INTO reservations (order_id) SELECT id FROM unnest($1::uuid[]) AS t(id) ORDER BY id ON CONFLICT DO NOTHING`,
    values: [orderIds],
  })
}

/** The reservations of the orders, locked in key order until the transaction ends. */
export const lockReservations = async (client: Queryable, orderIds: readonly string[]): Promise<Map<string, Reservation>> => {
  const { rows } = await client.query<ReservationRow>({
    name: 'reservations-lock',
    text: `SELECT order_id, status, lines, reason, early FROM reservations
            WHERE order_id = ANY($1::uuid[]) ORDER BY order_id FOR UPDATE`,
    values: [orderIds],
  })
  return new Map(rows.map((row) => [row.order_id, toReservation(row)]))
}

interface StockRow {
  sku: string
  on_hand: number
  reserved: number
  issued: number
  received: number
}

const toStock = ({ on_hand, reserved, issued, received }: StockRow): Stock => ({ onHand: on_hand, reserved, issued, received })

/** The stock of the SKUs, locked in key order until the transaction ends; orders of one SKU are decided one after the other. */
export const lockStock = async (client: Queryable, skus: readonly string[]): Promise<Map<string, Stock>> => {
  if (skus.length === 0) return new Map()
  const { rows } = await client.query<StockRow>({
    name: 'stock-lock',
    text: `SELECT sku, on_hand, reserved, issued, received FROM stock WHERE sku = ANY($1::text[]) ORDER BY sku FOR UPDATE`,
    values: [skus],
  })
  return new Map(rows.map((row) => [row.sku, toStock(row)]))
}

/** Writes reservations that openReservations or an earlier transaction has made. */
export const saveReservations = async (client: Queryable, reservations: ReadonlyMap<string, Reservation>): Promise<void> => {
  if (reservations.size === 0) return
  const changed = [...reservations.values()]
  await client.query({
    name: 'reservations-save',
    text: `UPDATE reservations AS r SET status = c.status, lines = c.lines, reason = c.reason, early = c.early
             FROM unnest($1::uuid[], $2::text[], $3::jsonb[], $4::text[], $5::json[]) AS c(order_id, status, lines, reason, early)
            WHERE r.order_id = c.order_id`,
    values: [
      [...reservations.keys()],
      changed.map((r) => r.status ?? null),
      changed.map((r) => (r.lines ? JSON.stringify(r.lines) : null)),
      changed.map((r) => r.reason ?? null),
      changed.map((r) => (r.early ? JSON.stringify(r.early) : null)),
    ],
  })
}

export const saveStock = async (client: Queryable, stock: ReadonlyMap<string, Stock>): Promise<void> => {
  if (stock.size === 0) return
  const changed = [...stock.values()]
  await client.query({
    name: 'stock-save',
    text: `UPDATE stock SET on_hand = c.on_hand, reserved = c.reserved, issued = c.issued
             FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) AS c(sku, on_hand, reserved, issued)
            WHERE stock.sku = c.sku`,
    values: [[...stock.keys()], changed.map((s) => s.onHand), changed.map((s) => s.reserved), changed.map((s) => s.issued)],
  })
}

/** Goods that arrive. Answers the stock after it, or `undefined` when there is no such SKU, or more would have been received than a number holds exactly. */
export const receive = async (client: Queryable, sku: string, quantity: number): Promise<Stock | undefined> => {
  const { rows } = await client.query<StockRow>(
    'UPDATE stock SET on_hand = on_hand + $2, received = received + $2 WHERE sku = $1 AND received <= $3::bigint - $2 RETURNING *',
    [sku, quantity, Number.MAX_SAFE_INTEGER],
  )
  return rows[0] && toStock(rows[0])
}

export const findStock = async (client: Queryable, sku: string): Promise<Stock | undefined> => {
  const { rows } = await client.query<StockRow>('SELECT * FROM stock WHERE sku = $1', [sku])
  return rows[0] && toStock(rows[0])
}

/** The stock of every SKU, sorted by SKU. */
export const listStock = async (client: Queryable): Promise<Map<string, Stock>> => {
  const { rows } = await client.query<StockRow>('SELECT * FROM stock ORDER BY sku')
  return new Map(rows.map((row) => [row.sku, toStock(row)]))
}

/** Without a `status` as long as it is not decided. */
export const findReservation = async (client: Queryable, orderId: string): Promise<Reservation | undefined> => {
  const { rows } = await client.query<ReservationRow>('SELECT * FROM reservations WHERE order_id = $1', [orderId])
  return rows[0] && toReservation(rows[0])
}

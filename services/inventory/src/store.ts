/** Loads and saves with the native handle: one statement per table and batch. */
import { type Message, type Told, toldAgain } from '@shop/messaging'
import type { PoolClient } from 'pg'
import type { Reservation, Stock } from './inventory.ts'

export type Queryable = Pick<PoolClient, 'query'>

interface ReservationRow {
  order_id: string
  status: NonNullable<Reservation['status']> | null
  lines: Reservation['lines']
  reason: string | null
  told: readonly Told[] | null
  placed: Reservation['placed'] | null
  contradicted: boolean
  captured_id: string | null
  reserved_id: string | null
}

const toReservation = ({
  status,
  told,
  lines,
  reason,
  placed,
  contradicted,
  captured_id,
  reserved_id,
}: ReservationRow): Reservation => ({
  lines,
  ...(placed == null ? {} : { placed }),
  ...(contradicted ? { contradicted } : {}),
  ...(captured_id === null ? {} : { capturedId: captured_id }),
  ...(reserved_id === null ? {} : { reservedId: reserved_id }),
  ...(status === null ? {} : { status }),
  ...(reason === null ? {} : { reason }),
  ...(told === null ? {} : { told }),
})

/** The reservations of the orders, locked in key order until the transaction ends. */
export const lockReservations = async (client: Queryable, orderIds: readonly string[]): Promise<Map<string, Reservation>> => {
  const { rows } = await client.query<ReservationRow>({
    name: 'reservations-lock',
    text: `SELECT order_id, status, lines, reason, told, placed, contradicted, captured_id, reserved_id FROM reservations
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

/** What an order was placed with never changes; what was told of it seldom: only what is new is sent. */
export const saveReservations = async (
  client: Queryable,
  reservations: ReadonlyMap<string, Reservation>,
  stored: ReadonlyMap<string, Reservation>,
): Promise<void> => {
  if (reservations.size === 0) return
  const changed = [...reservations.values()]
  const placed = [...reservations].map(([orderId, r]) => (stored.has(orderId) ? undefined : r.placed))
  const told = [...reservations].map(([orderId, r]) => (r.told === stored.get(orderId)?.told ? undefined : r.told))
  await client.query({
    name: 'reservations-save',
    text: `INSERT INTO reservations (order_id, status, lines, reason, told, placed, contradicted, captured_id, reserved_id)
           SELECT * FROM unnest($1::uuid[], $2::text[], $3::jsonb[], $4::text[], $5::json[], $6::json[], $7::boolean[],
                                $8::uuid[], $9::uuid[])
           ON CONFLICT (order_id) DO UPDATE SET status = excluded.status, reason = excluded.reason,
              told = coalesce(excluded.told, reservations.told), contradicted = excluded.contradicted, captured_id = excluded.captured_id, reserved_id = excluded.reserved_id`,
    values: [
      [...reservations.keys()],
      changed.map((r) => r.status ?? null),
      changed.map((r) => JSON.stringify(r.lines)),
      changed.map((r) => r.reason ?? null),
      told.map((each) => (each === undefined ? null : JSON.stringify(each))),
      placed.map((each) => (each === undefined ? null : JSON.stringify(each))),
      changed.map((r) => r.contradicted ?? false),
      changed.map((r) => r.capturedId ?? null),
      changed.map((r) => r.reservedId ?? null),
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

/** What was told of the orders' reservations, per order in the order in which it was told. Reservations of before decision 22 kept nothing. */
export const findTold = async (client: Queryable, orderIds: readonly string[]): Promise<readonly Message[]> => {
  const { rows } = await client.query<{ order_id: string; told: readonly Told[] }>(
    'SELECT order_id, told FROM reservations WHERE order_id = ANY($1::uuid[]) AND told IS NOT NULL',
    [orderIds],
  )
  return rows.flatMap(({ order_id, told }) => toldAgain(order_id, { told }))
}

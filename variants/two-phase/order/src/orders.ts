/** Orders on PostgreSQL: here the order service has to be able to prepare. */
import { type Message, startedBy } from '@shop/messaging'
import type { Pool, PoolClient } from 'pg'
import { type Order, type Product, remember, type Status } from '../../../../services/order/src/order.ts'

export const ordersSchema = `
CREATE TABLE IF NOT EXISTS products (sku text PRIMARY KEY, name text NOT NULL, price bigint NOT NULL, currency char(3) NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
  order_id uuid PRIMARY KEY,
  status text NOT NULL,
  customer_id text NOT NULL,
  placed_at timestamptz NOT NULL,
  state json NOT NULL
);
CREATE INDEX IF NOT EXISTS orders_placed ON orders (placed_at, order_id);
CREATE INDEX IF NOT EXISTS orders_open ON orders (placed_at) WHERE status IN ('PENDING', 'CANCELLING');
CREATE INDEX IF NOT EXISTS orders_of_customer ON orders (customer_id, placed_at, order_id)`

export interface OrderWithId {
  readonly orderId: string
  readonly order: Order
}

type Queryable = Pick<PoolClient, 'query'>

/** @returns false when there is an order of this id already. */
export const addOrder = async (db: Queryable, { orderId, order }: OrderWithId): Promise<boolean> => {
  const insert = `INSERT INTO orders (order_id, status, customer_id, placed_at, state) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT DO NOTHING`
  const { rowCount } = await db.query(insert, [orderId, order.status, order.customerId, order.placedAt, JSON.stringify(order)])
  return rowCount === 1
}

interface Row {
  order_id: string
  state: Order
}

export const findOrder = async (db: Queryable, orderId: string): Promise<Order | undefined> => {
  const { rows } = await db.query<Row>('SELECT order_id, state FROM orders WHERE order_id = $1', [orderId])
  return rows[0]?.state
}

/** What becomes of an order, and what of that stands in its history; or why it is left as it is. */
export type Change = { readonly order: Order; readonly tells?: string } | { readonly refused: string }

/** Within a transaction of the client: the order is locked until its end. @returns why it was left as it is. */
export const changeOrder = async (
  client: Queryable,
  orderId: string,
  change: (order: Order) => Change,
): Promise<string | undefined> => {
  const { rows } = await client.query<Row>('SELECT order_id, state FROM orders WHERE order_id = $1 FOR UPDATE', [orderId])
  if (rows[0] === undefined) return 'no_such_order'
  const changed = change(rows[0].state)
  if ('refused' in changed) return changed.refused
  const { order, tells } = changed
  const { correlationId } = order
  const noted: Message[] = tells === undefined ? [] : [startedBy({ key: orderId, correlationId }, { type: tells, data: {} })]
  const state = remember(order, ...noted)
  const update = 'UPDATE orders SET status = $2, state = $3 WHERE order_id = $1'
  await client.query(update, [orderId, state.status, JSON.stringify(state)])
  return undefined
}

export interface OrderQuery {
  readonly status?: Status | undefined
  readonly customerId?: string | undefined
  readonly limit: number
  /** The place of the last order of the page before. */
  readonly after?: { readonly placedAt: string; readonly orderId: string } | undefined
}

/** The newest first. */
export const listOrders = async (
  pool: Pool,
  { status, customerId, limit, after }: OrderQuery,
): Promise<readonly OrderWithId[]> => {
  const { rows } = await pool.query<Row>(
    `SELECT order_id, state FROM orders
      WHERE ($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR customer_id = $2)
        AND ($3::timestamptz IS NULL OR (placed_at, order_id) < ($3, $4::uuid))
      ORDER BY placed_at DESC, order_id DESC LIMIT $5`,
    [status ?? null, customerId ?? null, after?.placedAt ?? null, after?.orderId ?? null, limit],
  )
  return rows.map(({ order_id: orderId, state: order }) => ({ orderId, order }))
}

/** Orders that are open for longer than that; the oldest first. */
export const openOrders = async (pool: Pool, openMsMin: number, limit: number): Promise<readonly string[]> => {
  const { rows } = await pool.query<Row>(
    `SELECT order_id FROM orders WHERE status IN ('PENDING', 'CANCELLING') AND placed_at < now() - make_interval(secs => $1)
      ORDER BY placed_at LIMIT $2`,
    [openMsMin / 1_000, limit],
  )
  return rows.map((row) => row.order_id)
}

export const addProducts = async (pool: Pool, products: readonly Product[]): Promise<void> => {
  await pool.query(
    `INSERT INTO products SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[]) ON CONFLICT DO NOTHING`,
    [products.map((p) => p.sku), products.map((p) => p.name), products.map((p) => p.price), products.map((p) => p.currency)],
  )
}

export const loadProducts = async (pool: Pool): Promise<ReadonlyMap<string, Product>> => {
  const { rows } = await pool.query<Product>('SELECT sku, name, price, currency FROM products ORDER BY sku')
  return new Map(rows.map((product) => [product.sku, product]))
}

import type { Pool, PoolClient } from 'pg'
import type { Saga } from '../../saga.ts'

export const sagasSchema = `
CREATE TABLE sagas (
  order_id uuid PRIMARY KEY,
  status text NOT NULL,
  state json NOT NULL
) WITH (fillfactor = 50)`

interface Row {
  order_id: string
  state: Saga
}

/** Those of the orders that have begun, locked in key order until the transaction ends. */
export const lockSagas = async (client: PoolClient, orderIds: readonly string[]): Promise<Map<string, Saga>> => {
  const { rows } = await client.query<Row>({
    name: 'sagas-lock',
    text: 'SELECT order_id, state FROM sagas WHERE order_id = ANY($1::uuid[]) ORDER BY order_id FOR UPDATE',
    values: [orderIds],
  })
  return new Map(rows.map((row) => [row.order_id, row.state]))
}

export const saveSagas = async (client: PoolClient, sagas: ReadonlyMap<string, Saga>): Promise<void> => {
  if (sagas.size === 0) return
  await client.query({
    name: 'sagas-save',
    text: `INSERT INTO sagas (order_id, status, state) SELECT * FROM unnest($1::uuid[], $2::text[], $3::json[])
           ON CONFLICT (order_id) DO UPDATE SET status = excluded.status, state = excluded.state`,
    values: [[...sagas.keys()], [...sagas.values()].map((s) => s.status), [...sagas.values()].map((s) => JSON.stringify(s))],
  })
}

export const findSaga = async (pool: Pool, orderId: string): Promise<Saga | undefined> => {
  const { rows } = await pool.query<Row>('SELECT order_id, state FROM sagas WHERE order_id = $1', [orderId])
  return rows[0]?.state
}

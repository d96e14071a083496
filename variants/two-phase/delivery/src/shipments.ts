/** Shipments on PostgreSQL: here delivery has to be able to prepare. */
import type { Pool, PoolClient } from 'pg'
import type { Shipment } from '../../../../services/delivery/src/shipment.ts'

export const shipmentsSchema = `
CREATE TABLE IF NOT EXISTS shipments (
  order_id uuid PRIMARY KEY,
  status text NOT NULL CHECK (status IN ('SCHEDULED', 'REJECTED')),
  state json NOT NULL
)`

export const saveShipment = async (client: PoolClient, orderId: string, shipment: Shipment): Promise<void> => {
  const insert = 'INSERT INTO shipments (order_id, status, state) VALUES ($1, $2, $3)'
  await client.query(insert, [orderId, shipment.status, JSON.stringify(shipment)])
}

export const findShipment = async (pool: Pool, orderId: string): Promise<Shipment | undefined> => {
  const { rows } = await pool.query<{ state: Shipment }>('SELECT state FROM shipments WHERE order_id = $1', [orderId])
  return rows[0]?.state
}

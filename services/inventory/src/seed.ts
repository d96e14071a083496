import type { Queryable } from './store.ts'

interface DemoStock {
  readonly sku: string
  readonly quantity: number
}

const demoStock: readonly DemoStock[] = [
  ...['keyboard', 'mouse', 'monitor', 'laptop'].map((sku) => ({ sku, quantity: 10_000 })),
  { sku: 'unicorn', quantity: 0 },
  { sku: 'sticker', quantity: 100_000_000 },
]

/** Adds the demo stock of SKUs that do not exist yet; what is there already stays as it is. */
export const seed = async (client: Queryable): Promise<void> => {
  await client.query(
    `INSERT INTO stock (sku, on_hand, received)
     SELECT sku, quantity, quantity FROM unnest($1::text[], $2::bigint[]) AS t(sku, quantity) ON CONFLICT DO NOTHING`,
    [demoStock.map((s) => s.sku), demoStock.map((s) => s.quantity)],
  )
}

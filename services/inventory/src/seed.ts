import type { Queryable } from './store.ts'

interface DemoStock {
  readonly sku: string
  readonly quantity: number
}

/** @param loadSkus how many have stock without end, as load needs them. */
const demoStock = (loadSkus: number): readonly DemoStock[] => [
  ...['keyboard', 'mouse', 'monitor', 'laptop'].map((sku) => ({ sku, quantity: 10_000 })),
  { sku: 'unicorn', quantity: 0 },
  { sku: 'sticker', quantity: 100_000_000 },
  ...Array.from({ length: loadSkus }, (_, i) => ({ sku: `load-${String(i + 1).padStart(3, '0')}`, quantity: 100_000_000 })),
]

/** Adds the demo stock of SKUs that do not exist yet; what is there already stays as it is. */
export const seed = async (client: Queryable, loadSkus: number): Promise<void> => {
  const stock = demoStock(loadSkus)
  await client.query(
    `INSERT INTO stock (sku, on_hand, received)
     SELECT sku, quantity, quantity FROM unnest($1::text[], $2::bigint[]) AS t(sku, quantity) ON CONFLICT DO NOTHING`,
    [stock.map((s) => s.sku), stock.map((s) => s.quantity)],
  )
}

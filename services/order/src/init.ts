import { connectMongo } from '@shop/store-mongo'
import { orderModel } from './store.ts'

/** SKU, name, price in cents. */
const demoProducts = [
  ['keyboard', 'Keyboard', 4_990],
  ['mouse', 'Mouse', 1_990],
  ['monitor', 'Monitor', 24_900],
  ['laptop', 'Laptop', 129_900],
  ['unicorn', 'Unicorn (never in stock)', 9_900],
  ['sticker', 'Sticker', 100],
] as const

/** Those that load asks for; at the price of a sticker. */
const loadProducts = (count: number) =>
  Array.from({ length: count }, (_, i) => String(i + 1).padStart(3, '0')).map((n) => [`load-${n}`, `Load ${n}`, 100] as const)

/** Creates collections, indexes and the demo products; what is there already stays as it is. */
export const initialise = async (databaseUrl: string, { loadSkus }: { loadSkus: number }): Promise<void> => {
  const connection = await connectMongo({ uri: databaseUrl, applicationName: 'order-init' })
  try {
    await orderModel(connection).createIndexes()
    for (const [sku, name, price] of [...demoProducts, ...loadProducts(loadSkus)]) {
      const products = connection.collection<{ _id: string }>('products')
      await products.updateOne({ _id: sku }, { $setOnInsert: { name, price, currency: 'EUR' } }, { upsert: true })
    }
  } finally {
    await connection.close()
  }
}

import { connectMongo } from '@shop/store-mongo'
import { demoProducts } from './demo-products.ts'
import { orderModel } from './store.ts'

/** Creates collections, indexes and the demo products; what is there already stays as it is. */
export const initialise = async (databaseUrl: string, { loadSkus }: { loadSkus: number }): Promise<void> => {
  const connection = await connectMongo({ uri: databaseUrl, applicationName: 'order-init' })
  try {
    await orderModel(connection).createIndexes()
    for (const { sku, ...product } of demoProducts(loadSkus)) {
      const products = connection.collection<{ _id: string }>('products')
      await products.updateOne({ _id: sku }, { $setOnInsert: product }, { upsert: true })
    }
  } finally {
    await connection.close()
  }
}

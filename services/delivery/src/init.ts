import { connectMongo } from '@shop/store-mongo'
import { shipmentModel } from './store.ts'

/** Creates the collection and its indexes; what is there already stays as it is. */
export const initialise = async (databaseUrl: string): Promise<void> => {
  const connection = await connectMongo({ uri: databaseUrl, applicationName: 'delivery-init' })
  try {
    await shipmentModel(connection).createIndexes()
  } finally {
    await connection.close()
  }
}

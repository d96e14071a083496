import { connectMongo } from '@shop/store-mongo'
import { notificationModel } from './store.ts'

/** Creates the collection and its indexes; what is there already stays as it is. */
export const initialise = async (databaseUrl: string): Promise<void> => {
  const connection = await connectMongo({ uri: databaseUrl, applicationName: 'notification-init' })
  try {
    await notificationModel(connection).createIndexes()
  } finally {
    await connection.close()
  }
}

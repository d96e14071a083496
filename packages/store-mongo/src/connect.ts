import mongoose, { type Connection } from 'mongoose'

export interface ConnectOptions {
  readonly uri: string
  readonly applicationName: string
  /** Most connections of this process; default 10. */
  readonly connectionsMax?: number
}

/**
 * Connects with bounded waits: 2 s to find the server, 10 s a reply. Driver retries are off (a standalone server has none): the store
 * reads again what was written. @throws when no server answers.
 */
export const connectMongo = async ({ uri, applicationName, connectionsMax = 10 }: ConnectOptions): Promise<Connection> => {
  const connection = mongoose.createConnection(uri, {
    appName: applicationName,
    maxPoolSize: connectionsMax,
    serverSelectionTimeoutMS: 2_000,
    connectTimeoutMS: 2_000,
    socketTimeoutMS: 10_000,
    waitQueueTimeoutMS: 5_000,
    retryWrites: false,
    retryReads: false,
    bufferCommands: false,
    // an absent field stays absent: null would come back as a value
    ignoreUndefined: true,
    autoIndex: false,
    autoCreate: false,
  })
  return await connection.asPromise().catch(async (error) => {
    await connection.close(true).catch(() => {})
    throw error
  })
}

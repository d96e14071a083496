import { randomUUID } from 'node:crypto'
import { backendUrl, documentConformance, type StoreFixture, storeConformance } from '@shop/messaging/conformance'
import type { Documents } from '@shop/messaging/driver'
import type { Connection } from 'mongoose'
import { afterAll, beforeAll } from 'vitest'
import { connectMongo } from './connect.ts'
import { messageDocumentModel } from './document.ts'
import { MongoMessageStore } from './store.ts'

let connection: Connection

beforeAll(async () => {
  const uri = `${backendUrl('MONGO_URL').replace(/\/$/, '')}/store_${randomUUID().slice(0, 8)}`
  connection = await connectMongo({ uri, applicationName: 'store-test' })
})
afterAll(async () => {
  await connection.dropDatabase()
  await connection.close()
})

const newModel = async () => {
  const model = messageDocumentModel<number>(connection, `counts_${randomUUID().slice(0, 8)}`)
  await connection.collection('dead_letters').deleteMany({})
  await model.createCollection()
  await model.createIndexes()
  return model
}

documentConformance('MongoDB', async () => new MongoMessageStore<number>(connection, await newModel()))

storeConformance('MongoDB', async (): Promise<StoreFixture<Documents<number>>> => {
  const model = await newModel()
  return {
    open: async () => new MongoMessageStore<number>(connection, model),
    // The killed process's connection plays no part: all that it had beside the database was in its memory.
    kill: async () => {},
    count: async (work, m) => work.set(m.key, (work.get(m.key) ?? 0) + 1),
    countOf: async (key) => (await model.findById(key).lean())?.state ?? 0,
  }
})

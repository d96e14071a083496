import type { Message } from '@shop/messaging'
import { connectMongo, MongoMessageStore, messageDocumentModel } from '@shop/store-mongo'
import { answer } from './messages.ts'
import type { Subject } from './subject.ts'

const outboxOf = (message: Message) => {
  const { data, ...told } = answer(message)
  return [{ ...told, data: JSON.stringify(data) }]
}
const insertOne = (m: Message) => ({
  insertOne: { document: { _id: m.key, version: 1, state: 1, handled: [m.id], outbox: outboxOf(m) } },
})
/** Guarded by the version, as the kit does. With its id, the server replaces the document without reading it field by field. */
const replaceOne = (m: Message) => ({
  replaceOne: {
    filter: { _id: m.key, version: 1 },
    replacement: { _id: m.key, version: 2, state: 2, handled: [m.causationId, m.id], outbox: outboxOf(m) },
  },
})

export const mongoSubject = async (url: string): Promise<Subject> => {
  const uri = `${url.replace(/\/$/, '')}/bench_kit`
  const connection = await connectMongo({ uri, applicationName: 'bench-kit' })
  const model = messageDocumentModel<number>(connection, 'counts')
  await model.createCollection()
  await model.createIndexes()
  // It keeps in memory what is to be relayed, so that each turn begins with another one.
  const newStore = () => new MongoMessageStore<number>(connection, model)
  let store = newStore()
  const bareModel = messageDocumentModel<number>(connection, 'bare')
  await bareModel.createCollection()
  await bareModel.createIndexes()
  return {
    name: 'MongoDB server',
    get store() {
      return store
    },
    handle: (batch) =>
      store.handleOnce(batch, async (work, fresh) => {
        for (const { key } of fresh) work.set(key, (work.get(key) ?? 0) + 1)
        return fresh.map(answer)
      }),
    bare: (batch, isLater) =>
      bareModel.collection.bulkWrite((isLater ? batch.map(replaceOne) : batch.map(insertOne)) as never, {
        ordered: false,
        writeConcern: { w: 'majority', journal: true },
      }),
    empty: async () => {
      await store.close()
      await model.collection.deleteMany({})
      await bareModel.collection.deleteMany({})
      store = newStore()
    },
    close: async () => {
      await store.close()
      await connection.dropDatabase()
      await connection.close()
    },
  }
}

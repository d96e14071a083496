import mongoose from 'mongoose'

const connectMsMax = 3_000
/** A server may look through a whole collection before its first answer. */
const answerMsMax = 120_000

/** The driver itself: documents are read as they are stored. @throws when no server answers within 3 s. */
export const openMongo = async (mongoUrl: string): Promise<mongoose.mongo.MongoClient> =>
  await new mongoose.mongo.MongoClient(mongoUrl, {
    appName: 'check',
    maxPoolSize: 4,
    serverSelectionTimeoutMS: connectMsMax,
    // also how long the driver's own probe waits for a server that is busy answering a query
    connectTimeoutMS: answerMsMax,
    socketTimeoutMS: answerMsMax,
    retryReads: false,
    retryWrites: false,
  }).connect()

/** One document per order: a service's state, handled ids and outgoing events. */
export interface MessageDocument {
  readonly _id: string
  readonly state: unknown
  readonly handled?: readonly string[]
  readonly outbox?: readonly { readonly id: string; readonly type: string }[]
  readonly waiting?: readonly { readonly id: string }[]
}

const documentsPerPage = 5_000

/**
 * Every document, in the order of the ids, a page at a time: the embedded server collects all that a query finds in its memory before it
 * answers, which a large collection does not fit into. A document that comes meanwhile with an id already passed is not read.
 */
export async function* streamDocuments(collection: mongoose.mongo.Collection<MessageDocument>): AsyncGenerator<MessageDocument> {
  const fields = { state: 1, handled: 1, 'outbox.id': 1, 'outbox.type': 1, 'waiting.id': 1 }
  for (let last: string | undefined; ; ) {
    const page = await collection
      .find(last === undefined ? {} : { _id: { $gt: last } }, { projection: fields, sort: { _id: 1 }, limit: documentsPerPage })
      .toArray()
    yield* page
    if (page.length < documentsPerPage) return
    last = page.at(-1)?._id
  }
}

/** The service's collection of such documents, whatever its name; `undefined` as long as it has none. */
export const messageDocuments = async (
  client: mongoose.mongo.MongoClient,
  service: string,
): Promise<mongoose.mongo.Collection<MessageDocument> | undefined> => {
  const db = client.db(`shop_${service}`)
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
    const collection = db.collection<MessageDocument>(name)
    if (!name.startsWith('system.') && (await collection.findOne({ handled: { $exists: true } }, { projection: { _id: 1 } })))
      return collection
  }
  return undefined
}

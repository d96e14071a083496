import type { mongo } from 'mongoose'

const duplicateKey = 11000
const options = { ignoreUndefined: true }
const writeConcern = { w: 'majority', j: true }

interface Reply {
  readonly n: number
  readonly writeErrors?: readonly { readonly index: number; readonly code: number; readonly errmsg?: string }[]
  readonly writeConcernError?: { readonly code?: number; readonly errmsg?: string }
}

/** A write failed for another reason than what stood there before. `code` is the server's. */
export class WriteFailed extends Error {
  override readonly name = 'WriteFailed'
  readonly code: number | undefined

  constructor(message: string, code: number | undefined) {
    super(message)
    this.code = code
  }
}

/**
 * Journaled writes of many documents by the server's own commands. The driver's `bulkWrite` encodes each document twice, the first time
 * to know its size; batches here are small. https://www.mongodb.com/docs/manual/reference/command/nav-crud/
 */
export class DocumentWriter<D extends { readonly _id: string }> {
  readonly #db: mongo.Db
  readonly #collection: string

  constructor(db: mongo.Db, collection: string) {
    this.#db = db
    this.#collection = collection
  }

  /** @returns the indexes of those that exist already. @throws WriteFailed, and errors of the connection. */
  async insert(documents: readonly D[]): Promise<ReadonlySet<number>> {
    if (documents.length === 0) return new Set()
    const reply = await this.#command({ insert: this.#collection, documents, ordered: false, writeConcern })
    return new Set(reply.writeErrors?.map((e) => e.index))
  }

  /** Replaces each document that has the version given. @returns how many had it. @throws WriteFailed, and errors of the connection. */
  async replace(documents: readonly (D & { readonly version: number })[], versionOf: (document: D) => number): Promise<number> {
    if (documents.length === 0) return 0
    const updates = documents.map((u) => ({ q: { _id: u._id, version: versionOf(u) }, u }))
    const reply = await this.#command({ update: this.#collection, updates, ordered: false, writeConcern })
    return reply.n
  }

  async #command(command: mongo.BSON.Document): Promise<Reply> {
    const reply = (await this.#db.command(command, options)) as unknown as Reply
    const failed = reply.writeErrors?.find((e) => e.code !== duplicateKey)
    if (failed) throw new WriteFailed(failed.errmsg ?? 'a document was not written', failed.code)
    const { writeConcernError: unsure } = reply
    if (unsure) throw new WriteFailed(unsure.errmsg ?? 'written, but perhaps not for good', unsure.code)
    return reply
  }
}

import { type Connection, type Model, Schema } from 'mongoose'

/** A message inside the document of its key: on its way out, or waiting. `data` is JSON text: it is only passed on. */
export interface StoredMessage {
  readonly id: string
  /** Of one that waits. */
  readonly source?: string | undefined
  readonly recordPosition?: string | undefined
  readonly type: string
  readonly at: string
  readonly correlationId: string
  readonly causationId?: string | undefined
  readonly traceparent?: string | undefined
  readonly data: string
}

/** One document per key carries everything that one atomic write has to change: state, handled ids, outgoing and waiting messages. */
export interface MessageDocument<State> {
  readonly _id: string
  /** Counts the writes of the document; a write states which one it follows. */
  readonly version: number
  readonly state: State
  /** By id and source, as `handledAs` says; those of before decision 17 by their id alone. */
  readonly handled: readonly string[]
  readonly outbox: readonly StoredMessage[]
  /** Types that others of the key need, and that have come; absent when there is none. */
  readonly arrived?: readonly string[] | undefined
  /** Messages that came before what they need; absent when there is none. */
  readonly waiting?: readonly StoredMessage[] | undefined
  /** Dead letters that hold this key, oldest first; absent when there is none. */
  readonly parked?: readonly string[] | undefined
}

/**
 * The mongoose model for the documents of one service. Writes are journaled before they are acknowledged.
 * @param indexes fields of the state that are searched for, such as `{ 'state.status': 1 }`.
 */
export const messageDocumentModel = <State>(
  connection: Connection,
  collection: string,
  indexes: readonly Record<string, 1 | -1>[] = [],
): Model<MessageDocument<State>> => {
  const schema = new Schema(
    {
      _id: { type: String, required: true },
      version: { type: Number, required: true },
      state: { type: Schema.Types.Mixed, required: true },
      handled: { type: [String], required: true },
      outbox: { type: [Schema.Types.Mixed], required: true },
      arrived: { type: [String], default: undefined },
      waiting: { type: [Schema.Types.Mixed], default: undefined },
      parked: { type: [String], default: undefined },
    },
    { collection, versionKey: false, autoIndex: false, autoCreate: false, writeConcern: { w: 'majority', j: true } },
  )
  // Documents without outgoing messages are not in this index: what remains to be relayed after a crash is found at once.
  schema.index({ 'outbox.id': 1 }, { sparse: true })
  // Guarded writes look for exactly these two fields. MongoDB would do with the one on _id; servers of its protocol that use only unique
  // indexes whose fields are those of the query would read the whole collection.
  schema.index({ _id: 1, version: 1 }, { unique: true })
  for (const index of indexes) schema.index(index)
  return connection.model(collection, schema) as unknown as Model<MessageDocument<State>>
}

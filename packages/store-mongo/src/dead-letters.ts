import { type DeadLetter, type Failure, type LetterQuery, restoredLetter, type StoredRecord } from '@shop/messaging/driver'
import type { mongo } from 'mongoose'

interface LetterDocument {
  readonly _id: string
  readonly key: string | null
  readonly kind: Failure['kind']
  /** Milliseconds since 1970, and the place among those of the same call: they sort as they were set aside. */
  readonly at: number
  readonly place: number
  readonly value: mongo.Binary | null
  /** The record without its value, and the failure, as JSON: names of headers are not fit to be names of fields. */
  readonly record: string
  readonly failure: string
}

/** What the letters say. Which of them hold a key stands in that key's document. */
export class MongoDeadLetters {
  readonly #collection: mongo.Collection<LetterDocument>

  constructor(collection: mongo.Collection<mongo.BSON.Document>) {
    this.#collection = collection as unknown as mongo.Collection<LetterDocument>
  }

  /** @returns the letters as they are stored: one that was there already stays as it is. */
  async add(letters: readonly DeadLetter[]): Promise<readonly DeadLetter[]> {
    if (letters.length === 0) return []
    const at = Date.now()
    await this.#collection.bulkWrite(
      letters.map(({ id, record: { value, ...rest }, failure }, place) => {
        const record = JSON.stringify(rest)
        const stored = { key: rest.key, kind: failure.kind, at, place, value, record, failure: JSON.stringify(failure) }
        return { updateOne: { filter: { _id: id }, update: { $setOnInsert: stored }, upsert: true } }
      }) as unknown as mongo.AnyBulkWriteOperation<LetterDocument>[],
      { ordered: true, writeConcern: { w: 'majority', journal: true } },
    )
    return await this.#read({ _id: { $in: letters.map((l) => l.id) } }, letters.length)
  }

  async find({ id, key, limit }: LetterQuery): Promise<readonly DeadLetter[]> {
    return await this.#read({ ...(id === undefined ? {} : { _id: id }), ...(key === undefined ? {} : { key }) }, limit)
  }

  async counts(): Promise<Record<Failure['kind'], number>> {
    const count = (kind: Failure['kind']) => this.#collection.countDocuments({ kind })
    const [undecodable, failed, held, suspicious] = await Promise.all(
      (['undecodable', 'failed', 'held', 'suspicious'] as const).map(count),
    )
    return { undecodable: undecodable ?? 0, failed: failed ?? 0, held: held ?? 0, suspicious: suspicious ?? 0 }
  }

  async update({ id, failure }: DeadLetter): Promise<void> {
    await this.#collection.updateOne({ _id: id }, { $set: { kind: failure.kind, failure: JSON.stringify(failure) } })
  }

  async remove({ id }: DeadLetter): Promise<void> {
    await this.#collection.deleteOne({ _id: id })
  }

  async #read(filter: object, limit: number): Promise<readonly DeadLetter[]> {
    const found = await this.#collection.find(filter).sort({ at: 1, place: 1 }).limit(limit).toArray()
    return found.map(({ _id, record, value, failure }) => {
      const bytes = value === null ? null : Buffer.from(value.buffer)
      return restoredLetter(_id, JSON.parse(record) as StoredRecord, bytes, JSON.parse(failure) as Failure)
    })
  }
}

import {
  type DeadLetter,
  type Failure,
  framed,
  type LetterQuery,
  restoredLetter,
  type StoredRecord,
  storedParts,
  unframed,
} from '@shop/messaging/driver'
import type { mongo } from 'mongoose'
import { DocumentWriter } from './writing.ts'

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
  /** Key and headers as the bytes that they are, where `record` cannot say them; absent in letters of earlier releases. */
  readonly parts?: mongo.Binary | null
  /** So many documents have `value` and `parts`, which would be too large for this one; absent when it has them itself. */
  readonly pieces?: number
  readonly failure: string
}

interface Piece {
  readonly _id: string
  readonly bytes: mongo.Binary
}

/** A document has 16 MiB at most. https://www.mongodb.com/docs/manual/reference/limits/ */
const pieceBytesMax = 8 * 1_024 * 1_024
const keyLengthMax = 1_000

const pieceId = (id: string, number: number): string => `${id}#${number}`
const pieceIds = (id: string, count: number): string[] => Array.from({ length: count }, (_, i) => pieceId(id, i))
const bytesOf = (binary: mongo.Binary | null | undefined): Buffer | null => (binary == null ? null : Buffer.from(binary.buffer))

/** What the letters say. Which of them hold a key stands in that key's document. */
export class MongoDeadLetters {
  readonly #collection: mongo.Collection<LetterDocument>
  readonly #pieces: mongo.Collection<Piece>
  readonly #letterWriter: DocumentWriter<NewLetter>
  readonly #pieceWriter: DocumentWriter<NewPiece>

  constructor(db: mongo.Db) {
    this.#collection = db.collection<LetterDocument>('dead_letters')
    this.#pieces = db.collection<Piece>('dead_letter_pieces')
    this.#letterWriter = new DocumentWriter(db, 'dead_letters')
    this.#pieceWriter = new DocumentWriter(db, 'dead_letter_pieces')
  }

  /** @returns the letters as they are stored: one that was there already stays as it is. */
  async add(letters: readonly DeadLetter[]): Promise<readonly DeadLetter[]> {
    if (letters.length === 0) return []
    const at = Date.now()
    const pieces: NewPiece[] = []
    const documents = letters.map((letter, place) => {
      const { id, record, failure } = letter
      const { record: json, parts } = storedParts(record)
      const content = inPieces(id, record.value, parts)
      pieces.push(...content.pieces)
      const key = record.key?.slice(0, keyLengthMax) ?? null
      return { _id: id, ...content.fields, key, kind: failure.kind, at, place, record: json, failure: JSON.stringify(failure) }
    })
    // First: without its letter a piece is only some room that is lost.
    await insertNew(this.#pieceWriter, pieces, (piece) => piece.bytes.length)
    const there = await insertNew(
      this.#letterWriter,
      documents,
      ({ value, parts }) => (value?.length ?? 0) + (parts?.length ?? 0),
    )
    const stored = await this.#failuresOf(there)
    // An id tells what its record is, so what is stored under it is this one.
    return letters.map((letter) => ({ ...letter, failure: stored.get(letter.id) ?? letter.failure }))
  }

  async #failuresOf(ids: readonly string[]): Promise<ReadonlyMap<string, Failure>> {
    if (ids.length === 0) return new Map()
    const found = await this.#collection.find({ _id: { $in: [...ids] } }, { projection: { failure: 1 } }).toArray()
    return new Map(found.map(({ _id, failure }) => [_id, JSON.parse(failure) as Failure]))
  }

  async find({ id, key, kind, limit, brief = false }: LetterQuery): Promise<readonly DeadLetter[]> {
    const filter = {
      ...(id === undefined ? {} : { _id: id }),
      ...(key === undefined ? {} : { key }),
      ...(kind === undefined ? {} : { kind }),
    }
    const found = await this.#collection
      .find(filter, brief ? { projection: { value: 0, parts: 0 } } : {})
      .sort({ at: 1, place: 1 })
      .limit(limit)
      .toArray()
    const letters: DeadLetter[] = []
    for (const document of found) {
      const { _id, record, failure, pieces } = document
      const [value = null, parts = null] =
        pieces === undefined || brief
          ? [bytesOf(document.value), bytesOf(document.parts)]
          : unframed(await this.#bytesIn(pieceIds(_id, pieces)))
      letters.push(restoredLetter(_id, JSON.parse(record) as StoredRecord, value, JSON.parse(failure) as Failure, parts))
    }
    return letters
  }

  async #bytesIn(ids: readonly string[]): Promise<Buffer> {
    const bytes: Buffer[] = []
    for (const id of ids) bytes.push(bytesOf((await this.#pieces.findOne({ _id: id }))?.bytes) ?? Buffer.alloc(0))
    return Buffer.concat(bytes)
  }

  async counts(): Promise<Record<Failure['kind'], number>> {
    const count = (kind: Failure['kind']) => this.#collection.countDocuments({ kind })
    const [undecodable, failed, held, suspicious, unsendable] = await Promise.all([
      count('undecodable'),
      count('failed'),
      count('held'),
      count('suspicious'),
      count('unsendable'),
    ])
    return { undecodable, failed, held, suspicious, unsendable }
  }

  /** The keys of which outgoing messages wait behind one that the broker does not take. */
  async blocked(): Promise<ReadonlySet<string>> {
    const found = await this.#collection.find({ kind: 'unsendable' }, { projection: { key: 1 } }).toArray()
    return new Set(found.map(({ key }) => key ?? ''))
  }

  async update({ id, failure }: DeadLetter): Promise<void> {
    await this.#collection.updateOne({ _id: id }, { $set: { kind: failure.kind, failure: JSON.stringify(failure) } })
  }

  async remove({ id }: DeadLetter): Promise<void> {
    const found = await this.#collection.findOne({ _id: id }, { projection: { pieces: 1 } })
    await this.#collection.deleteOne({ _id: id })
    for (const piece of pieceIds(id, found?.pieces ?? 0)) await this.#pieces.deleteOne({ _id: piece })
  }
}

type NewLetter = Omit<LetterDocument, 'value' | 'parts'> & Content['fields']
type NewPiece = Omit<Piece, 'bytes'> & { readonly bytes: Buffer }

/** A server takes 48 MB in one message. https://www.mongodb.com/docs/manual/reference/limits/ */
const commandBytesMax = 16_000_000
const documentBytesMin = 1_000

/** @returns the ids of those that were there already; they stay as they are. */
const insertNew = async <D extends { readonly _id: string }>(
  writer: DocumentWriter<D>,
  documents: readonly D[],
  sizeOf: (document: D) => number,
): Promise<readonly string[]> => {
  const commands: D[][] = []
  let room = 0
  for (const document of documents) {
    const bytes = sizeOf(document) + documentBytesMin
    const last = commands.at(-1)
    if (last === undefined || bytes > room) {
      commands.push([document])
      room = commandBytesMax
    } else last.push(document)
    room -= bytes
  }
  const there: string[] = []
  for (const some of commands) for (const index of await writer.insert(some)) there.push(some[index]?._id ?? '')
  return there
}

interface Content {
  readonly fields: { readonly value: Buffer | null; readonly parts?: Buffer | null; readonly pieces?: number }
  readonly pieces: readonly NewPiece[]
}

const inPieces = (id: string, value: Buffer | null, parts: Buffer | null): Content => {
  if ((value?.length ?? 0) + (parts?.length ?? 0) <= pieceBytesMax)
    return { fields: { value, ...(parts === null ? {} : { parts }) }, pieces: [] }
  const all = framed([value, parts])
  const count = Math.ceil(all.length / pieceBytesMax)
  const pieces = Array.from({ length: count }, (_, i) => ({
    _id: pieceId(id, i),
    bytes: all.subarray(i * pieceBytesMax, (i + 1) * pieceBytesMax),
  }))
  return { fields: { value: null, pieces: count }, pieces }
}

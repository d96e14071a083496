import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { type Collection, type Filter, MongoClient, type Sort } from 'mongodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EmbeddedBackend } from './backend.ts'
import { root } from './backends.ts'
import { prepareJars } from './jars.ts'
import { findJava } from './java.ts'
import { embeddedMongo } from './mongo.ts'
import { freePorts } from './ports.ts'
import { makeFolder, removeFolder } from './testing/temporary-folder.ts'

/** As the services' documents: an order, what it heard, what it tells. */
interface Counted {
  _id: string
  version: number
  state: { status: string }
  outbox: { id: string; data: string }[]
}

const folder = makeFolder()
let mongo: EmbeddedBackend
let port: number

beforeAll(async () => {
  ;[port] = (await freePorts(1)) as [number]
  mkdirSync(join(folder, 'mongo'))
  const { env } = process
  const java = await findJava(env)
  const jars = await prepareJars({ directory: join(root, '.data', 'jars'), java, env, log: () => {} })
  mongo = embeddedMongo({
    folder: join(folder, 'mongo'),
    port,
    logFile: join(folder, 'mongo.log'),
    server: async () => ({ kind: 'java', java, jars: jars.mongo }),
  })
  await mongo.start()
})
afterAll(async () => {
  await mongo?.stop()
  removeFolder(folder)
})

const connected = async <Result>(work: (client: MongoClient) => Promise<Result>): Promise<Result> => {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}`, {
    serverSelectionTimeoutMS: 10_000,
    socketTimeoutMS: 10_000,
    retryWrites: false,
    retryReads: false,
  })
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}

const documentOf = (id: string, version: number): Counted => ({
  _id: id,
  version,
  state: { status: version % 2 === 0 ? 'even' : 'odd' },
  outbox: version % 3 === 0 ? [] : [{ id: `${id}-${version}`, data: 'x'.repeat(1_000) }],
})

/** Inserts documents and replaces them by their next versions, in batches, until the server is gone. */
const writeUntilKilled = async (orders: Collection<Counted>, acknowledged: Map<string, number>): Promise<void> => {
  const documents = Array.from({ length: 20 }, () => documentOf(randomUUID(), 1))
  await orders.bulkWrite(documents.map((document) => ({ insertOne: { document } })))
  for (;;) {
    for (const d of documents) acknowledged.set(d._id, d.version)
    const updates = documents.map(({ _id, version }) => ({
      replaceOne: { filter: { _id, version }, replacement: documentOf(_id, version + 1) },
    }))
    const { matchedCount } = await orders.bulkWrite(updates, { ordered: false })
    if (matchedCount !== documents.length) throw new Error(`${matchedCount} of ${documents.length} replaced`)
    for (const d of documents) d.version += 1
  }
}

describe('the MongoDB server in Java', () => {
  test('keeps every acknowledged version, and indexes that agree with it, when it is killed under load and while it saves', async () => {
    const acknowledged = new Map<string, number>()
    for (let round = 0; round < 3; round++) {
      await connected(async (client) => {
        const orders = client.db('kill').collection<Counted>('orders')
        await orders.createIndex({ 'outbox.id': 1 }, { sparse: true })
        await orders.createIndex({ 'state.status': 1, _id: -1 })
        const aim = acknowledged.size + 200
        const writers = Array.from({ length: 10 }, () => writeUntilKilled(orders, acknowledged).catch(() => {}))
        // a new collection makes it save all pages and begin a new journal, in the midst of the writes
        const saves = (async () => {
          for (;;) await client.db('kill').createCollection(`c${randomUUID()}`)
        })().catch(() => {})
        const reached = () => [...acknowledged.values()].filter((version) => version > 5).length
        while (acknowledged.size < aim || reached() < aim) await new Promise(setImmediate)
        await mongo.kill()
        await Promise.all([...writers, saves])
      })
      await mongo.start()
      await connected(async (client) => {
        const orders = client.db('kill').collection<Counted>('orders')
        const all = await orders.find().toArray()
        const stored = new Map(all.map((d) => [d._id, d.version]))
        expect([...acknowledged].filter(([id, version]) => (stored.get(id) ?? 0) < version)).toEqual([])
        expect(all).toEqual(all.map(({ _id, version }) => documentOf(_id, version)))
        const told = all.flatMap((d) => d.outbox.map(({ id }) => id)).sort()
        const found = await orders.find({ 'outbox.id': { $gt: '' } }).toArray()
        expect(found.flatMap((d) => d.outbox.map(({ id }) => id)).sort()).toEqual(told)
        const even = all.filter(({ version }) => version % 2 === 0).length
        expect(await orders.countDocuments({ 'state.status': 'even' })).toBe(even)
        expect(await orders.countDocuments({ 'state.status': { $in: ['even', 'odd'] } })).toBe(all.length)
        for (const { _id } of all.slice(0, 50)) expect((await orders.findOne({ _id }))?._id).toBe(_id)
      })
    }
  })

  test('refuses a second document with the same key and tells which, with and without an index of its own', async () => {
    await connected(async (client) => {
      const kept = client.db('unique').collection<{ _id: number; key?: string }>('kept')
      await kept.createIndex({ key: 1 }, { unique: true, sparse: true })
      await kept.insertMany([{ _id: 1, key: 'a' }, { _id: 2, key: 'b' }, { _id: 3 }])
      const documents = [{ _id: 4, key: 'a' }, { _id: 5 }, { _id: 1, key: 'c' }]
      const refused = await kept.insertMany(documents, { ordered: false }).catch((error) => error)
      expect(refused.code).toBe(11000)
      expect([refused.writeErrors].flat().map(({ index }) => index)).toEqual([0, 2])
      const replaced = await kept.replaceOne({ _id: 2 }, { key: 'a' }).catch((error) => error)
      expect(replaced.code).toBe(11000)
      await expect(kept.updateOne({ _id: 2 }, { $set: { key: 'a' } })).rejects.toThrow('E11000')
      expect(await kept.find().sort({ _id: 1 }).toArray()).toEqual([
        { _id: 1, key: 'a' },
        { _id: 2, key: 'b' },
        { _id: 3 },
        { _id: 5 },
      ])
    })
  })

  test('answers from an index what it answers from the whole collection', async () => {
    const scalar = fc.oneof(
      fc.integer({ min: -3, max: 3 }),
      fc.constantFrom('', 'a', 'ab', 'b\u0000c', 'ü'),
      fc.boolean(),
      fc.double(),
    )
    const value = fc.oneof(scalar, fc.constant(null), fc.array(scalar, { maxLength: 3 }))
    const field = fc.constantFrom('a', 'b', 'c.d')
    const document = fc.record(
      { a: value, b: value, c: fc.oneof(fc.record({ d: scalar }), fc.array(fc.record({ d: scalar }), { maxLength: 3 })) },
      { requiredKeys: [] },
    )
    const condition = fc.oneof(
      scalar,
      fc.record({ $in: fc.array(scalar, { minLength: 1, maxLength: 3 }) }),
      fc.record({ $gt: scalar, $lte: scalar }, { requiredKeys: ['$gt'] }),
      fc.record({ $lt: scalar }),
      fc.record({ $gte: fc.integer({ min: -3, max: 3 }) }),
    )
    const query = fc.record({
      filter: fc.dictionary(field, condition, { minKeys: 1, maxKeys: 3 }),
      limit: fc.integer({ min: 0, max: 5 }),
      way: fc.constantFrom(1 as const, -1 as const),
    })
    await connected(async (client) => {
      const db = client.db('indexes')
      const run = async (documents: object[], queries: { filter: object; limit: number; way: 1 | -1 }[]) => {
        const plain = db.collection<{ _id: number }>(`plain-${randomUUID()}`)
        const indexed = db.collection<{ _id: number }>(`indexed-${randomUUID()}`)
        await indexed.createIndex({ a: 1 })
        const numbered = documents.map((d, i) => ({ ...d, _id: i }))
        await Promise.all([plain.insertMany(numbered), indexed.insertMany(numbered)])
        // one made before the documents, two from them
        await indexed.createIndex({ b: -1, _id: 1 })
        await indexed.createIndex({ 'c.d': 1 }, { sparse: true })
        for (const { filter, limit, way } of queries) {
          const sort: Sort = { _id: way }
          const ask = (c: Collection<{ _id: number }>) =>
            c
              .find(filter as Filter<{ _id: number }>)
              .sort(sort)
              .limit(limit)
              .toArray()
          expect(await ask(indexed)).toEqual(await ask(plain))
          expect(await indexed.countDocuments(filter)).toBe((await plain.find(filter).toArray()).length)
        }
        await Promise.all([plain.drop(), indexed.drop()])
      }
      const runs = fc.asyncProperty(
        fc.array(document, { minLength: 5, maxLength: 30 }),
        fc.array(query, { minLength: 5, maxLength: 20 }),
        run,
      )
      await fc.assert(runs, { numRuns: 40 })
    })
  })

  test('lists in the order of an index, a page at a time', async () => {
    await connected(async (client) => {
      const orders = client.db('lists').collection<{ _id: string; customer: string; at: string }>('orders')
      await orders.createIndex({ at: -1, _id: -1 })
      await orders.createIndex({ customer: 1, at: -1, _id: -1 })
      const all = Array.from({ length: 300 }, (_, i) => ({ _id: `o${i}`, customer: `c${i % 7}`, at: `t${(i * 37) % 100}` }))
      await orders.insertMany(all)
      const newest = [...all].sort((x, y) => (x.at === y.at ? (x._id < y._id ? 1 : -1) : x.at < y.at ? 1 : -1))
      const sort: Sort = { at: -1, _id: -1 }
      expect(await orders.find({}).sort(sort).skip(10).limit(20).toArray()).toEqual(newest.slice(10, 30))
      const own = newest.filter(({ customer }) => customer === 'c3')
      expect(await orders.find({ customer: 'c3' }).sort(sort).limit(10).toArray()).toEqual(own.slice(0, 10))
      expect(await orders.find({ customer: 'c3' }).sort({ at: 1, _id: 1 }).limit(10).toArray()).toEqual(
        own.reverse().slice(0, 10),
      )
    })
  })
})

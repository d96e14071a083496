import { randomUUID } from 'node:crypto'
import { backendUrl, type CuttingProxy, cuttingProxy } from '@shop/messaging/conformance'
import { type Message, startedBy } from '@shop/messaging/driver'
import type { Connection, Model } from 'mongoose'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { connectMongo } from './connect.ts'
import { type MessageDocument, messageDocumentModel } from './document.ts'
import { MongoOutbox, toEntry } from './outbox.ts'
import { MongoMessageStore } from './store.ts'

const server = () => new URL(backendUrl('MONGO_URL')).host

let proxy: CuttingProxy
let near: Connection
let direct: Connection
let model: Model<MessageDocument<number>>

beforeEach(async () => {
  proxy = await cuttingProxy(server())
  const database = `outbox_${randomUUID().slice(0, 8)}`
  const { port } = proxy.route()
  near = await connectMongo({
    uri: `mongodb://127.0.0.1:${port}/${database}?directConnection=true`,
    applicationName: 'outbox-test',
  })
  direct = await connectMongo({ uri: `mongodb://${server()}/${database}`, applicationName: 'outbox-test' })
  model = messageDocumentModel<number>(direct, 'counts')
  await model.createCollection()
  await model.createIndexes()
})
afterEach(async () => {
  await near.close(true)
  await direct.dropDatabase()
  await direct.close()
  await proxy.close()
})

const storeOn = (connection: Connection) => new MongoMessageStore<number>(connection, model)
const placed = (): Message => startedBy({ key: randomUUID() }, { type: 'Placed', data: {} })
const create = (store: MongoMessageStore<number>, message: Message) =>
  store.create([{ key: message.key, state: 1, emit: [message] }])
/** What the relay would be given: it looks at each poll, and waits when the database is away. */
const isPending = (store: MongoMessageStore<number>, { id }: Message, timeout: number) =>
  vi.waitFor(async () => expect((await store.pending(100)).map((s) => s.message.id)).toContain(id), { timeout, interval: 50 })

test('what was stored by a write whose answer got lost is relayed as soon as the database is back', async () => {
  const store = storeOn(near)
  await store.pending(100)
  const message = placed()
  proxy.cutAtNext('response')
  await expect(create(store, message)).rejects.toSatisfy((error) => store.isTransient(error))
  expect(await model.countDocuments({})).toBe(1)
  await isPending(store, message, 2_000)
})

test('a sweep that waited for the database does not put off the next one', async () => {
  const store = storeOn(near)
  await store.pending(100)
  proxy.stall(true)
  setTimeout(() => proxy.stall(false), 2_500)
  const sweptLate = async () => {
    const beganAt = performance.now()
    await store.pending(100)
    expect(performance.now() - beganAt).toBeGreaterThan(500)
  }
  await vi.waitFor(sweptLate, { timeout: 5_000, interval: 50 })

  const killed = storeOn(direct)
  const message = placed()
  await create(killed, message)
  await isPending(store, message, 20_000)
})

test('a document read before its last write does not take away what that write added', async () => {
  const outbox = new MongoOutbox(
    direct.collection<MessageDocument<number>>('counts'),
    direct.collection('leases'),
    async () => new Set(),
  )
  const first = toEntry(placed())
  const second = toEntry(placed())
  outbox.stored('key', [first, second])
  outbox.stored('key', [first])
  expect((await outbox.pending(100)).map((s) => s.message.id)).toEqual([first.id, second.id])
})

/** Whatever lies on a topic: good orders go on within 5 s, and nothing is lost without a letter. */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { catalogueFor } from '@shop/choreography'
import { encode, newId, type RawHeader, relayOnce, startedBy } from '@shop/messaging'
import { connectMongo, MongoMessageStore } from '@shop/store-mongo'
import { kafkaTransport } from '@shop/transport-kafka'
import { CompressionTypes, Kafka, logLevel, type Message } from 'kafkajs'
import pg from 'pg'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { type Order, remember } from '../../services/order/src/order.ts'
import { orderModel } from '../../services/order/src/store.ts'
import { address, check, ended, eventually, halt, metric, place, request, type ServiceName, start } from './shop.ts'

const { kafkaBrokers, databaseUrls } = inject('backends')
const { token, dataDir } = inject('admin')
const brokers = kafkaBrokers.split(',')
const transport = kafkaTransport({ brokers, clientId: 'odd-records' })
/** Made first: a client of the shop mends kafkajs, whose parts must not be loaded by then. */
const admin = transport.admin()
const kafka = new Kafka({ brokers, clientId: 'odd-records', logLevel: logLevel.ERROR })
const producer = kafka.producer()
const connected = producer.connect()
afterAll(async () => {
  await producer.disconnect()
  await admin.close()
})

const partitions = [0, 1, 2, 3, 4, 5]
/** Puts records before whatever comes next, in each partition. */
const send = async (topic: string, messages: readonly Message[], compression = CompressionTypes.None): Promise<void> => {
  await connected
  const everywhere = partitions.flatMap((partition) => messages.map((m) => ({ ...m, partition })))
  await producer.send({ topic, messages: everywhere, compression })
}

const goodMs = 5_000
const goodOrders = async (): Promise<void> => {
  const orders = await Promise.all(Array.from({ length: 6 }, () => place()))
  for (const { status } of await Promise.all(orders.map(({ orderId }) => ended(orderId, goodMs))))
    expect(status).toBe('CONFIRMED')
}

interface Letter {
  readonly id: string
  readonly key: string | null
  readonly kind: string
  readonly error: string
}
/** Those of a key. A bound on the wait alone: nobody waits behind a letter. */
const hasLetters = (service: ServiceName, count: number, key: string | null) =>
  eventually(
    async () => {
      const path = `/admin/dead-letters?limit=1000&key=${encodeURIComponent(key ?? '')}`
      const headers = { authorization: `Bearer ${token}` }
      return (await request<{ deadLetters: Letter[] }>(service, path, { headers })).body.deadLetters
    },
    (letters) => letters.length === count,
    20_000,
  )

const main = join(import.meta.dirname, '../../tools/dead-letters/main.ts')
const deadLetters = (...args: string[]): Promise<string> =>
  new Promise((resolve) =>
    execFile(
      process.execPath,
      [main, ...args, '--data-dir', dataDir],
      { timeout: 60_000, maxBuffer: 2 ** 26 },
      (_, stdout, stderr) => resolve(stdout + stderr),
    ),
  )

const headers = { ce_type: 'shop.order.OrderPlaced.v1' }
const consumersOf: Readonly<Record<string, readonly ServiceName[]>> = {
  'shop.order': ['payment', 'inventory', 'delivery', 'notification'],
  'shop.payment': ['order', 'inventory'],
}

describe.each(Object.keys(consumersOf))('on %s', (topic) => {
  const isSetAside = async (key: string) => {
    for (const service of consumersOf[topic] ?? []) {
      const [letter] = await hasLetters(service, partitions.length, key)
      expect(letter).toMatchObject({ kind: 'undecodable' })
    }
  }

  test('a key as Avro writes it, with NUL', async () => {
    const name = randomUUID()
    await send(topic, [{ key: Buffer.from(`\0\0\0\0\x07${name}`), value: 'x', headers: { ce_type: 'x' } }])
    await goodOrders()
    await isSetAside(`\\x00\\x00\\x00\\x00\\x07${name}`)
  })

  test('bytes that are no text: key, headers of one name, no content', async () => {
    const name = randomUUID()
    const odd = { again: [Buffer.from([0xff, 0]), 'text'], ...headers, ce_id: Buffer.from([0, 0xc0]) }
    await send(topic, [{ key: Buffer.concat([Buffer.from([0xff, 0xc0]), Buffer.from(name)]), value: null, headers: odd }])
    await goodOrders()
    await hasLetters('payment', topic === 'shop.order' ? partitions.length : 0, `\\xff\\xc0${name}`)
    await hasLetters('inventory', partitions.length, `\\xff\\xc0${name}`)
  })
})

test('what is set aside can be read, and its copy has the very bytes', async () => {
  const key = Buffer.concat([Buffer.from([0, 0xff]), Buffer.from(randomUUID())])
  const readable = `\\x00\\xff${key.subarray(2)}`
  await send('shop.order', [{ key, value: Buffer.from([0, 1, 0xff]), headers: { ce_type: 'x', bytes: [Buffer.from([0]), 'b'] } }])
  const [letter] = await hasLetters('payment', partitions.length, readable)
  const listed = await deadLetters('list', '--service', 'payment')
  expect(listed).toContain(`order ${readable}`)
  expect(await deadLetters('show', `payment:${letter?.id}`)).toContain('\\x00\\x01\\xff')
  const copies: { key: Buffer | undefined; headers: readonly RawHeader[] | undefined; value: Buffer | null }[] = []
  await transport.read({
    topics: ['shop.order.payment.dead-letter'],
    until: 'end',
    onRecords: (records) => {
      for (const { raw, value } of records) if (raw?.key?.equals(key)) copies.push({ key: raw.key, headers: raw.headers, value })
    },
  }).ended
  expect(copies).toHaveLength(partitions.length)
  expect(copies[0]).toEqual({
    key,
    value: Buffer.from([0, 1, 0xff]),
    headers: [
      ['bytes', Buffer.from([0])],
      ['bytes', Buffer.from('b')],
    ],
  })
})

test('3 MB of gzip: the copy is cut, and says where the whole is', async () => {
  const key = randomUUID()
  await connected
  const message = { key, value: Buffer.alloc(3_000_000, 'x'), headers }
  await producer.send({ topic: 'shop.order', messages: [message], compression: CompressionTypes.GZIP })
  await goodOrders()
  const [letter] = await hasLetters('payment', 1, key)
  const cuts: string[] = []
  await transport.read({
    topics: ['shop.order.payment.dead-letter'],
    until: 'end',
    onRecords: (records) => {
      for (const record of records) if (record.key === key) cuts.push(record.headers['dead-letter-cut'] ?? '')
    },
  }).ended
  expect(cuts).toEqual([
    `65536 of 3000000 bytes of the value, ${Object.keys(headers).length} of 1 headers; the whole is letter ${letter?.id} of payment`,
  ])
})

test('an order of a customer whose name has 3 MB', async () => {
  const data = {
    customerId: 'x'.repeat(3_000_000),
    lines: [{ sku: 'mouse', quantity: 1 }],
    total: 1_990,
    currency: 'EUR',
    shippingAddress: address,
  }
  const { key, value, headers } = encode(startedBy({ key: newId() }, { type: 'OrderPlaced', data }), catalogueFor('order'))
  await connected
  await producer.send({
    topic: 'shop.order',
    messages: [{ key, value, headers: { ...headers } }],
    compression: CompressionTypes.GZIP,
  })
  await goodOrders()
  const [letter] = await hasLetters('payment', 1, key)
  expect(letter).toMatchObject({ kind: 'undecodable', error: expect.stringContaining('customerId') })
})

test('an order with a NUL in a text', async () => {
  const data = {
    customerId: 'a\0',
    lines: [{ sku: 'mouse', quantity: 1 }],
    total: 1_990,
    currency: 'EUR',
    shippingAddress: address,
  }
  const { key, value, headers } = encode(startedBy({ key: newId() }, { type: 'OrderPlaced', data }), catalogueFor('order'))
  await connected
  await producer.send({ topic: 'shop.order', messages: [{ key, value, headers: { ...headers } }] })
  await goodOrders()
  await hasLetters('payment', 1, key)
})

test('3,000 records that cannot be read', async () => {
  const name = randomUUID()
  await send(
    'shop.order',
    Array.from({ length: 500 }, (_, i) => ({ key: `${name} ${i}`, value: `garbage ${i}`, headers: { ce_type: 'x' } })),
  )
  await goodOrders()
  for (const service of consumersOf['shop.order'] ?? [])
    await eventually(
      () => metric(service, 'shop_messages_dead_lettered_total', 'undecodable'),
      (count) => count >= 3_000,
      30_000,
    )
}, 120_000)

test('an event of a type that nobody knows yet is passed over, and counted; of a known type’s next version it is not', async () => {
  const before = await metric('payment', 'shop_messages_passed_over_total')
  const newer = encode(startedBy({ key: newId() }, { type: 'OrderConfirmed', data: {} }), catalogueFor('order'))
  const sent = async (further: Record<string, string>): Promise<string> => {
    const key = newId()
    await connected
    const message = { key, value: '{}', headers: { ...newer.headers, ce_id: newId(), ...further } }
    await producer.send({ topic: 'shop.order', messages: [message] })
    return key
  }
  const amended = 'shop.order.OrderAmended.v1'
  const [passed, must, next] = [
    await sent({ ce_type: amended }),
    await sent({ ce_type: amended, ce_mustunderstand: 'true' }),
    await sent({ ce_type: 'shop.order.OrderPlaced.v2' }),
  ]
  await goodOrders()
  for (const key of [must, next]) await hasLetters('payment', 1, key)
  expect(await metric('payment', 'shop_messages_passed_over_total')).toBe(before + 1)
  await hasLetters('payment', 0, passed)
})

test('a cancellation for a cause that only a newer order service knows is heard by delivery', async () => {
  await halt('inventory') // until delivery has heard of it: once it has scheduled the order, it is too late
  const { orderId } = await place()
  const hears = () => metric('delivery', 'shop_messages_handled_total', 'OrderCancellationRequested')
  const heard = await hears()
  const connection = await connectMongo({ uri: databaseUrls.order ?? '', applicationName: 'newer-order-service' })
  const publisher = transport.publisher()
  try {
    const store = new MongoMessageStore<Order>(connection, orderModel(connection))
    await store.change(orderId, (order) => {
      if (order === undefined) throw new Error('there is no such order')
      const told = startedBy(
        { key: orderId, correlationId: order.correlationId },
        { type: 'OrderCancellationRequested', data: { cause: 'fraud' } },
      )
      return { state: remember({ ...order, status: 'CANCELLING' }, told), emit: [told], result: undefined }
    })
    await relayOnce({ store, publisher, catalogue: catalogueFor('order') })
    await store.close()
  } finally {
    await publisher.close()
    await connection.close()
  }
  await eventually(hears, (count) => count > heard)
  await start('inventory')
  expect(await ended(orderId)).toMatchObject({ status: 'CANCELLED', reason: 'order_cancelled' })
  await hasLetters('delivery', 0, orderId)
}, 90_000)

test('after all of that nothing is missing', async () => {
  const { code, output } = await check('--wait', '30')
  expect(code, output).toBe(0)
}, 240_000)

/** Thousands of letters would stand before those of the next tests. */
afterAll(async () => {
  for (const service of ['payment', 'inventory'] as const) {
    const client = new pg.Client({ connectionString: databaseUrls[service] })
    await client.connect()
    await client.query('TRUNCATE dead_letters')
    await client.end()
  }
  for (const service of ['order', 'delivery', 'notification'] as const) {
    const connection = await connectMongo({ uri: databaseUrls[service] ?? '', applicationName: 'odd-records' })
    await connection.collection('dead_letters').deleteMany({})
    await connection.close()
  }
})

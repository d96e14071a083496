import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import zlib from 'node:zlib'
import type { ConsumedRecord } from '@shop/messaging/driver'
import kafkajs from 'kafkajs'
import { compressFrameSync } from 'lz4-napi'
import { compressSync as snappyBlock } from 'snappy'
import { expect, onTestFinished, test } from 'vitest'
import { client, newName, until } from '../testing/broker.ts'
import { record, testConsumer, testPublisher } from '../testing/reading.ts'
import { createTopics } from '../topics.ts'
import { codecs } from './index.ts'

const types = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const
const names = Object.keys(types) as (keyof typeof types)[]

const topicWith = async (configEntries: Readonly<Record<string, string>>): Promise<string> => {
  const topic = newName('topic')
  await createTopics(client(), [{ topic, partitions: 1, configEntries }])
  return topic
}

/** What `send` sends has `packed` for its compressed part, of whatever kind. */
const withPacked = async (name: keyof typeof types, packed: Buffer, send: () => Promise<unknown>): Promise<void> => {
  const theirs: Record<number, () => object> = kafkajs.CompressionCodecs
  const ours = theirs[types[name]] as () => object
  theirs[types[name]] = () => ({ compress: async () => packed })
  try {
    await send()
  } finally {
    theirs[types[name]] = ours
  }
}

/** Sends one batch with one record, of a size that the broker takes. */
const sendPacked = async (topic: string, name: keyof typeof types, packed: Buffer): Promise<void> => {
  const producer = client().producer({ retry: { retries: 0 } })
  await producer.connect()
  try {
    await withPacked(name, packed, () => producer.send({ topic, compression: types[name], messages: [{ value: null }] }))
  } finally {
    await producer.disconnect()
  }
}

const varint = (value: number): Buffer => {
  const bytes: number[] = []
  let rest = value * 2
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  return Buffer.from([...bytes, rest])
}

/** A record of which the value is zeros. */
const recordOf = (valueBytes: number): Buffer => {
  const front = Buffer.concat([Buffer.from([0, 0, 0, 1]), varint(valueBytes)]) // attributes, deltas, no key
  const length = front.length + valueBytes + 1 // and no headers
  const start = Buffer.concat([varint(length), front])
  const whole = Buffer.alloc(start.length + valueBytes + 1)
  start.copy(whole)
  return whole
}

const readFrom = (topic: string): readonly ConsumedRecord[] => {
  const read: ConsumedRecord[] = []
  testConsumer({ topics: [topic], handle: async (records) => void read.push(...records) })
  return read
}

test.each([...names, 'uncompressed'])('a topic that its broker compresses with %s is read as it was written', async (name) => {
  const topic = await topicWith({ 'compression.type': name })
  const publisher = testPublisher()
  const written = Array.from({ length: 500 }, (_, i) => record(topic, `k${i % 7}`, `value ${i} ${'x'.repeat(i)}`))
  await publisher.publish(written.slice(0, 300))
  const read = readFrom(topic)
  await publisher.publish(written.slice(300))
  await until('all are read', 10_000, () => read.length >= 500)
  expect(read.map(({ key, value, headers }) => ({ key, value: String(value), headers }))).toEqual(
    written.map(({ key, value, headers }) => ({ key, value, headers })),
  )
})

test('a producer of this client can compress with each of them', async () => {
  const topic = await topicWith({ 'compression.type': 'producer' })
  const producer = client().producer()
  await producer.connect()
  onTestFinished(() => producer.disconnect())
  for (const name of names)
    await producer.send({ topic, compression: types[name], messages: [{ key: name, value: 'x'.repeat(100_000) }] })
  const read = readFrom(topic)
  await until('all are read', 10_000, () => read.length >= names.length)
  expect(read.map(({ key, value }) => [key, value?.length])).toEqual(names.map((name) => [name, 100_000]))
})

const pack = (name: keyof typeof types, bytes: Buffer): Promise<Buffer> => codecs[types[name]]?.pack(bytes) as Promise<Buffer>

/** The broker reads each record of a batch that it takes, but does not look at all that stands around them. */
const broken = {
  gzip: (record: Buffer) => Buffer.concat([zlib.gzipSync(record), Buffer.from('1f8b08ff0102030405060708', 'hex')]),
  snappy: async (record: Buffer) => Buffer.concat([await pack('snappy', record), Buffer.alloc(2)]),
  lz4: (record: Buffer) => {
    const packed = compressFrameSync(record, { contentChecksum: true })
    packed.writeUInt32LE(0xbad, packed.length - 4)
    return packed
  },
}

test.each(['gzip', 'snappy', 'lz4'] as const)('a broken batch of %s is one unreadable record', async (name) => {
  const topic = await topicWith({ 'compression.type': 'producer' })
  const publisher = testPublisher()
  await publisher.publish([record(topic, 'before', '1')])
  await sendPacked(topic, name, await broken[name](recordOf(1_000)))
  await publisher.publish([record(topic, 'after', '2')])
  const read = readFrom(topic)
  await until('all are read', 10_000, () => read.length >= 3)
  expect(read.map(({ key, unreadable }) => [key, unreadable])).toEqual([
    ['before', undefined],
    [null, expect.stringContaining(`compression ${name}`)],
    ['after', undefined],
  ])
})

test('a broken batch of a transaction that was aborted is not seen', async () => {
  const topic = await topicWith({ 'compression.type': 'producer' })
  const producer = client().producer({ transactionalId: newName('transaction'), idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  onTestFinished(() => producer.disconnect())
  const packed = await broken.snappy(recordOf(1_000))
  for (const ending of ['abort', 'commit'] as const) {
    const transaction = await producer.transaction()
    await withPacked('snappy', packed, () => transaction.send({ topic, compression: types.snappy, messages: [{ value: null }] }))
    await transaction[ending]()
  }
  await testPublisher().publish([record(topic, 'after', '2')])
  const read = readFrom(topic)
  await until('all are read', 10_000, () => read.some(({ key }) => key === 'after'))
  expect(read.map(({ key, unreadable }) => [key, unreadable])).toEqual([
    [null, expect.stringContaining('offsets 2 to 2')],
    ['after', undefined],
  ])
})

test('200 MB packed into one batch of each kind are unreadable, take no memory, and hold up nothing', async () => {
  const topic = await topicWith({ 'compression.type': 'producer', 'max.message.bytes': String(12 * 2 ** 20) })
  const bomb = recordOf(200_000_000)
  const publisher = testPublisher()
  for (const name of names) {
    await sendPacked(topic, name, name === 'snappy' ? snappyBlock(bomb) : await pack(name, bomb))
    await publisher.publish([record(topic, name, 'after')])
  }
  const child = spawn(process.execPath, [new URL('../testing/measured-consumer.ts', import.meta.url).pathname, topic], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(async () => {
    const exit = once(child, 'exit')
    if (child.kill('SIGTERM')) await exit
  })
  const lines: string[] = []
  const arrivals: number[] = []
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line)
    arrivals.push(performance.now())
  })
  await until('the consumer has started', 10_000, () => lines.length > 0)
  const startBytes = Number(lines[0]?.split(' ')[1])
  await until('all are read', 30_000, () => lines.length > 2 * names.length)
  const read = lines.slice(1).map((line) => JSON.parse(line))
  expect(read).toEqual(
    names.flatMap((name) => [
      expect.objectContaining({ key: null, unreadable: expect.stringContaining(`compression ${name}`) }),
      expect.objectContaining({ key: name, bytes: 5 }),
    ]),
  )
  for (let i = 2; i < arrivals.length; i++) expect((arrivals[i] ?? 0) - (arrivals[i - 1] ?? 0)).toBeLessThan(5_000)
  expect((Math.max(...read.map(({ peakBytes }) => peakBytes)) - startBytes) / 2 ** 20).toBeLessThan(128)
}, 120_000)

import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codecs, unpackedBytesMax } from '../codecs/index.ts'
import { decodeBatch, unreadableReason } from './batch.ts'
import { type Encoded, encodeRecordWith, type Reading, type RecordToEncode } from './records.ts'

const require = createRequire(import.meta.url)
const Encoder = require('kafkajs/src/protocol/encoder') as new (size?: number) => Encoded & { readonly buffer: Buffer }
const Decoder = require('kafkajs/src/protocol/decoder') as new (buffer: Buffer) => Reading
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch(batch: object): Promise<{ readonly buffer: Buffer }>
}
const theirDecode = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (reading: Reading) => Promise<{ records: object[] }>
const { Codecs } = require('kafkajs/src/protocol/message/compression') as { Codecs: Record<number, () => object> }

const encodeRecord = encodeRecordWith(Encoder)
const batchOf = async (records: readonly RecordToEncode[], more: object = {}) => {
  const encoded = records.map((record, offsetDelta) => encodeRecord({ ...record, offsetDelta }))
  const batch = { records: encoded, firstOffset: 1_000n, lastOffsetDelta: Math.max(0, records.length - 1), ...more }
  return (await RecordBatch(batch)).buffer
}
/** A batch whose compressed part is `packed`, whatever that is. */
const packedBatchOf = async (codec: number, packed: Buffer, count: number, more: object = {}) => {
  const theirs = Codecs[codec] as () => object
  Codecs[codec] = () => ({ compress: async () => packed })
  try {
    return await batchOf(
      Array.from({ length: count }, () => ({ key: null, value: null })),
      { compression: codec, ...more },
    )
  } finally {
    Codecs[codec] = theirs
  }
}
const bodyOf = (records: readonly RecordToEncode[]): Buffer =>
  Buffer.concat(
    records.map(
      (record, offsetDelta) => (encodeRecord({ ...record, offsetDelta }) as { readonly buffer: Buffer } & Encoded).buffer,
    ),
  )

const content = fc.option(fc.uint8Array({ maxLength: 100 }).map((b) => Buffer.from(b)))
const records = fc.array(
  fc.record({
    key: content,
    value: content,
    headers: fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), fc.string({ maxLength: 9 })),
  }),
  { minLength: 1, maxLength: 20 },
)

describe('a batch', () => {
  test.each([0, 1])('of compression %i is read as kafkajs reads it', (compression) =>
    fc.assert(
      fc.asyncProperty(records, fc.boolean(), async (some, transactional) => {
        fc.pre(!some.some(({ headers }) => Object.keys(headers).some((name) => name in {})))
        const batch = await batchOf(some, { compression, transactional, producerId: 7n })
        const theirs = await theirDecode(new Decoder(batch))
        expect((await decodeBatch(batch)).records).toEqual(theirs.records)
      }),
      { numRuns: 100 },
    ),
  )

  test.each(Object.keys(codecs).map(Number))('of compression %i is read', async (codec) => {
    const some = Array.from({ length: 300 }, (_, i) => ({ key: `k${i}`, value: `value ${i}`, headers: { a: 'b' } }))
    const packed = (await codecs[codec]?.pack(bodyOf(some))) as Buffer
    const { records: read, readable } = await decodeBatch(await packedBatchOf(codec, packed, 300))
    expect(readable).toBe(true)
    expect(read.map(({ offset, key, value }) => [offset, String(key), String(value)])).toEqual(
      some.map(({ key, value }, i) => [String(1_000 + i), key, value]),
    )
  })

  test('that is broken becomes one record at its last offset, with the reason', async () => {
    const packed = Buffer.alloc(100_000, 'x')
    const { records: read, readable } = await decodeBatch(await packedBatchOf(2, packed, 9))
    expect(readable).toBe(false)
    expect(read).toHaveLength(1)
    const [record] = read
    expect(record).toMatchObject({ offset: '1008', key: null, isControlRecord: false })
    expect(record?.value).toEqual(packed.subarray(0, 64 * 1_024))
    expect(unreadableReason(record as object)).toMatch(
      /^a batch that cannot be read \(compression snappy, 100000 bytes, offsets 1000 to 1008\): /,
    )
    const headers = Object.fromEntries(Object.entries(record?.headers ?? {}).map(([name, header]) => [name, String(header)]))
    expect(headers).toEqual({
      'x-unreadable': unreadableReason(record as object),
      'x-unreadable-codec': 'snappy',
      'x-unreadable-bytes': '100000',
      'x-unreadable-records': '9',
      'x-unreadable-base-offset': '1000',
      'x-unreadable-last-offset': '1008',
    })
  })

  test.each([
    ['too many bytes', unpackedBytesMax + 1, {}],
    ['too many records', 131_073, { value: null }],
    ['too many headers', 2, { headers: { a: Array.from({ length: 70_000 }, () => '') } }],
  ])('with %s is not read', async (_, count, record) => {
    const unpacked =
      'value' in record || 'headers' in record
        ? bodyOf(Array.from({ length: count }, () => ({ key: null, value: null, ...record })))
        : Buffer.alloc(count)
    const batch = await packedBatchOf(4, (await codecs[4]?.pack(unpacked)) as Buffer, 'headers' in record ? 2 : 9, {
      lastOffsetDelta: count,
    })
    batch.writeInt32BE(Math.min(count, 2 ** 31 - 1), 57)
    const { records: read, readable } = await decodeBatch(batch)
    expect(readable).toBe(false)
    expect(read.map((each) => unreadableReason(each))).toEqual([expect.stringMatching(/more than/)])
  })

  test('that says it has more records than it has, or of other offsets, is not read', async () => {
    const two = [
      { key: 'a', value: 'b' },
      { key: 'c', value: 'd' },
    ]
    for (const [place, number] of [
      [57, 3],
      [57, 2 ** 31 - 1],
      [23, 0],
    ] as const) {
      const batch = await batchOf(two)
      batch.writeInt32BE(number, place)
      expect(await decodeBatch(batch)).toMatchObject({ readable: false, records: [{ key: null }] })
    }
  })

  test('of an unknown compression is not read', async () => {
    const batch = await batchOf([{ key: 'a', value: 'b' }])
    batch.writeInt16BE(5, 21)
    expect(await decodeBatch(batch)).toMatchObject({ readable: false })
  })

  test('of a control record or a transaction that cannot be read can be hidden as such', async () => {
    const batch = await packedBatchOf(1, Buffer.from('broken'), 1, { transactional: true, producerId: 7n })
    expect((await decodeBatch(batch)).records).toMatchObject([
      { isControlRecord: false, batchContext: { inTransaction: true, producerId: '7' } },
    ])
    batch.writeInt16BE(0x31, 21)
    expect((await decodeBatch(batch)).records).toMatchObject([{ isControlRecord: true }])
  })

  test('without records is passed over', async () => {
    const batch = await batchOf([], { lastOffsetDelta: 4 })
    expect(await decodeBatch(batch)).toMatchObject({ readable: true, records: [{ offset: '1004', isControlRecord: true }] })
  })

  test('of arbitrary bytes behind its header harms nobody', () =>
    fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat({ max: 7 }),
        fc.integer({ min: -1, max: 50 }),
        async (bytes, codec, count) => {
          const batch = Buffer.concat([(await batchOf([])).subarray(0, 61), bytes])
          batch.writeInt16BE(codec, 21)
          batch.writeInt32BE(count, 57)
          const { records: read } = await decodeBatch(batch)
          expect(read.length).toBeGreaterThan(0)
        },
      ),
      { numRuns: 1_000 },
    ))
})

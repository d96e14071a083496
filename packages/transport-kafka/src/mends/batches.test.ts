import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { registerCodecs } from '../codecs/index.ts'
import { unreadableReason } from './batch.ts'
import { mendBatches } from './batches.ts'
import { type Encoded, encodeRecordWith, mendRecords } from './records.ts'

interface Writing extends Encoded {
  readonly buffer: Buffer
  writeInt16(value: number): this
  writeInt32(value: number): this
  writeInt64(value: number): this
  writeString(value: string): this
  writeBytes(value: Buffer): this
  writeBuffer(value: Buffer): this
}
interface Response {
  readonly responses: readonly { readonly partitions: readonly { readonly messages: readonly { readonly offset: string }[] }[] }[]
}

mendRecords()
mendBatches()
registerCodecs()

const require = createRequire(import.meta.url)
const Encoder = require('kafkajs/src/protocol/encoder') as new (size?: number) => Writing
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch(batch: object): Promise<{ readonly buffer: Buffer }>
}
const { decode } = require('kafkajs/src/protocol/requests/fetch/v11/response') as { decode(bytes: Buffer): Promise<Response> }

const gzip = 1
const batchOf = async (firstOffset: number, values: readonly Buffer[], compression = 0): Promise<Buffer> => {
  const records = values.map((value, offsetDelta) => encodeRecordWith(Encoder)({ key: null, value, offsetDelta }))
  return (await RecordBatch({ records, compression, firstOffset: BigInt(firstOffset), lastOffsetDelta: values.length - 1 }))
    .buffer
}
const brokenBatch = async (firstOffset: number): Promise<Buffer> => {
  const batch = await batchOf(firstOffset, [Buffer.from('a')], gzip)
  batch.fill(0, 61)
  return batch
}

/** The offsets of the records that kafkajs reads from a response with these partitions; those that cannot be read with a `!`. */
const offsetsRead = async (...partitions: readonly Buffer[]): Promise<string[][]> => {
  const response = new Encoder()
    .writeInt32(0)
    .writeInt16(0)
    .writeInt32(0)
    .writeInt32(1)
    .writeString('t')
    .writeInt32(partitions.length)
  partitions.forEach((batches, partition) => {
    response
      .writeInt32(partition)
      .writeInt16(0)
      .writeInt64(9)
      .writeInt64(9)
      .writeInt64(0)
      .writeInt32(0)
      .writeInt32(-1)
      .writeBytes(batches)
  })
  const [topic] = (await decode(response.buffer)).responses
  return (topic?.partitions ?? []).map(({ messages }) =>
    messages.map((message) => `${message.offset}${unreadableReason(message) === undefined ? '' : '!'}`),
  )
}

const some = [Buffer.from('a'), Buffer.from('b')]

test('the batches of a partition are read in order, packed or not, without the last one that is cut off', async () => {
  const batches = Buffer.concat([await batchOf(5, some), await batchOf(7, some, gzip), await batchOf(9, some)])
  expect(await offsetsRead(batches)).toEqual([['5', '6', '7', '8', '9', '10']])
  expect(await offsetsRead(batches.subarray(0, -1), Buffer.alloc(0), batches)).toEqual([
    ['5', '6', '7', '8'],
    [],
    ['5', '6', '7', '8', '9', '10'],
  ])
})

test('what stands behind a batch that cannot be read is left for the next fetch, in its partition alone', async () => {
  const batches = Buffer.concat([await batchOf(5, some), await brokenBatch(7), await batchOf(8, some)])
  expect(await offsetsRead(batches, await batchOf(1, some))).toEqual([
    ['5', '6', '7!'],
    ['1', '2'],
  ])
})

test('what has no room in memory is left for the next fetch', async () => {
  const large = [Buffer.alloc(15 * 2 ** 20)]
  const batches = Buffer.concat([await batchOf(0, large, gzip), await batchOf(1, large, gzip)])
  expect(await offsetsRead(batches, batches, batches, batches)).toEqual([['0'], ['0'], ['0'], []])
})

test('a batch of more records than a call takes arguments is read', async () => {
  const records = Array.from({ length: 130_000 }, () => Buffer.alloc(0))
  expect((await offsetsRead(await batchOf(0, records)))[0]).toHaveLength(130_000)
})

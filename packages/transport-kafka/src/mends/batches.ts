import { createRequire } from 'node:module'
import { batchHeaderBytes, decodeBatch } from './batch.ts'
import type { DecodedRecord, Reading } from './records.ts'

/** What kafkajs' `Decoder` is to whoever reads the batches of a fetched partition from it; one for each response. */
interface FetchReading extends Reading {
  readInt32(): number
  canReadBytes(count: number): boolean
}
type DecodeMessages = (response: FetchReading) => Promise<readonly DecodedRecord[]>

const at = { length: 8, magic: 16 }
/** The length of a batch counts what stands behind it. */
const lengthEnd = 12

/** What a fetch unpacked is held until it has been handled. */
const heldPerPartitionMax = 2 * 1_024 ** 2
const heldPerResponseMax = 32 * 1_024 ** 2
const heldByResponse = new WeakMap<object, number>()

/**
 * Reads the batches of one partition of a fetch response. What has no room in memory, or stands behind a batch that cannot be read
 * (for these cost time and carry nothing), comes with the next fetch: at least one batch of a response is read. The last one is often
 * cut off by the fetch's size.
 */
const decodeBatches = async (bytes: Buffer, response: object): Promise<readonly DecodedRecord[]> => {
  const records: DecodedRecord[] = []
  let held = 0
  for (let start = 0; start + batchHeaderBytes <= bytes.length; ) {
    const end = start + lengthEnd + bytes.readInt32BE(start + at.length)
    if (end > bytes.length) break
    if (end < start + batchHeaderBytes) throw new Error('kafka: a batch is shorter than its header')
    const heldByAll = heldByResponse.get(response) ?? 0
    if (held > heldPerPartitionMax || heldByAll > heldPerResponseMax) break
    const batch = await decodeBatch(bytes.subarray(start, end))
    // No spread: a call takes no more than some 100,000 arguments.
    for (const record of batch.records) records.push(record)
    held += batch.heldBytes
    heldByResponse.set(response, heldByAll + batch.heldBytes)
    if (!batch.readable) break
    start = end
  }
  return records
}

const readMessagesWith =
  (theirs: DecodeMessages): DecodeMessages =>
  async (response) => {
    const start = response.offset
    const size = response.readInt32()
    if (size <= 0 || !response.canReadBytes(size)) return []
    const bytes = response.buffer.subarray(response.offset, response.offset + size)
    if (bytes[at.magic] !== 2) {
      response.offset = start
      return await theirs(response)
    }
    response.offset += size
    return await decodeBatches(bytes, response)
  }

const decoder = 'kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js'
const users = [4, 5, 7, 8, 11].map((version) => `kafkajs/src/protocol/requests/fetch/v${version}/response.js`)
let mended = false

/**
 * kafkajs 2.2.4 unpacks a batch without a bound, and throws at one that it cannot read, which the consumer then meets again for ever. Here
 * such a batch becomes one record with its reason (`unreadableReason`). Call it after `mendRecords`; for all clients of this process, harmless when
 * repeated. @throws Error when kafkajs has changed, or has begun to fetch: whoever has loaded the old one keeps it.
 */
export const mendBatches = (): void => {
  if (mended) return
  const require = createRequire(import.meta.url)
  const early = users.find((user) => require.cache[require.resolve(user)])
  if (early) throw new Error(`kafkajs has changed: ${early} is loaded before it is needed; see mends/batches.ts`)
  const theirs = require(decoder) as DecodeMessages
  const loaded = require.cache[require.resolve(decoder)]
  if (typeof theirs !== 'function' || !loaded)
    throw new Error(`kafkajs has changed: ${decoder} is no function; see mends/batches.ts`)
  loaded.exports = readMessagesWith(theirs)
  mended = true
}

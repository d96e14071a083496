import { codecs, UnpacksToTooMuch, unpackedBytesMax } from '../codecs/index.ts'
import { type BatchContext, type DecodedRecord, decodeRecord, readBytes, readNumber } from './records.ts'

/** The format: https://kafka.apache.org/documentation/#recordbatch */
const at = { epoch: 12, attributes: 21, lastOffsetDelta: 23, firstTimestamp: 27, maxTimestamp: 35 }
const producerAt = { id: 43, epoch: 51, firstSequence: 53 }
const countAt = 57
/** The bytes of a batch's header, behind which its records stand. */
export const batchHeaderBytes = 61
const flag = { codec: 0x07, appendTime: 0x08, transactional: 0x10, control: 0x20 }

/** A record or a header takes 200 to 500 bytes as an object, also an empty one, of which a batch could pack millions. */
const partsMax = 131_072
const partBytes = 256
const unreadableValueBytesMax = 64 * 1_024

interface Batch {
  /** What kafkajs hands on with each record, and reads to hide those of aborted transactions. */
  readonly context: BatchContext & {
    readonly partitionLeaderEpoch: number
    readonly inTransaction: boolean
    readonly isControlBatch: boolean
    readonly lastOffsetDelta: number
    readonly producerId: string
    readonly producerEpoch: number
    readonly firstSequence: number
    readonly maxTimestamp: string
  }
  readonly firstOffset: number
  readonly lastOffset: number
  readonly codec: number
  readonly count: number
  /** What stands behind the header. */
  readonly body: Buffer
}

const open = (batch: Buffer): Batch => {
  const attributes = batch.readInt16BE(at.attributes)
  const lastOffsetDelta = batch.readInt32BE(at.lastOffsetDelta)
  const firstOffset = batch.readBigInt64BE(0)
  return {
    context: {
      firstOffset: String(firstOffset),
      firstTimestamp: String(batch.readBigInt64BE(at.firstTimestamp)),
      partitionLeaderEpoch: batch.readInt32BE(at.epoch),
      inTransaction: (attributes & flag.transactional) > 0,
      isControlBatch: (attributes & flag.control) > 0,
      lastOffsetDelta,
      producerId: String(batch.readBigInt64BE(producerAt.id)),
      producerEpoch: batch.readInt16BE(producerAt.epoch),
      firstSequence: batch.readInt32BE(producerAt.firstSequence),
      maxTimestamp: String(batch.readBigInt64BE(at.maxTimestamp)),
      timestampType: (attributes & flag.appendTime) > 0 ? 1 : 0,
      magicByte: 2,
    },
    firstOffset: Number(firstOffset),
    lastOffset: Number(firstOffset) + lastOffsetDelta,
    codec: attributes & flag.codec,
    count: batch.readInt32BE(countAt),
    body: batch.subarray(batchHeaderBytes),
  }
}

const unpack = async ({ codec: type, body }: Batch): Promise<Buffer> => {
  const codec = codecs[type]
  if (codec === undefined) throw new Error(`Kafka has no compression ${type}`)
  return await codec.unpack(body, unpackedBytesMax)
}

/** Passes over what stands before the headers of a record, so that they are counted before they are read. */
const headerCountOf = (record: Buffer): number => {
  const reading = { buffer: record, offset: 1 } // behind the attributes
  readNumber(reading)
  readNumber(reading)
  readBytes(reading)
  readBytes(reading)
  return Math.min(Math.max(0, readNumber(reading)), record.length)
}

const recordsIn = ({ context, firstOffset, lastOffset, codec, count }: Batch, bytes: Buffer): readonly DecodedRecord[] => {
  // The size of one that is not packed bounds it well enough.
  const partsAllowed = codec === 0 ? Number.POSITIVE_INFINITY : partsMax
  const reading = { buffer: bytes, offset: 0 }
  const records: DecodedRecord[] = []
  for (let parts = 0; records.length < count; ) {
    const buffer = readBytes(reading)
    if (buffer === null) throw new RangeError('a record is cut short')
    if (partsAllowed === partsMax) parts += 1 + headerCountOf(buffer)
    if (parts > partsAllowed) throw new Error(`it has more than ${partsMax} records and headers`)
    const record = decodeRecord({ buffer, offset: 0 }, context)
    const offset = Number(record.offset)
    if (!(offset >= firstOffset && offset <= lastOffset)) throw new RangeError('a record has an offset outside its batch')
    records.push(record)
  }
  return records
}

/** A record at a batch's last offset, so that the offset passes. Of a control batch, or of an aborted transaction, it is hidden as they are. */
const standIn = ({ context, lastOffset }: Batch): DecodedRecord => ({
  magicByte: 2,
  attributes: 0,
  timestamp: context.maxTimestamp,
  offset: String(lastOffset),
  key: null,
  value: null,
  headers: {},
  isControlRecord: context.isControlBatch,
  batchContext: context,
})

interface UnreadableRecord extends DecodedRecord {
  readonly unreadable: string
}

const unreadable = (batch: Batch, error: unknown): UnreadableRecord => {
  const { firstOffset, lastOffset, count, body } = batch
  const codec = batch.codec === 0 ? 'none' : (codecs[batch.codec]?.name ?? String(batch.codec))
  const fault = (error instanceof Error ? error.message : String(error)).slice(0, 200)
  const reason = `a batch that cannot be read (compression ${codec}, ${body.length} bytes, offsets ${firstOffset} to ${lastOffset}): ${fault}`
  const stated = error instanceof UnpacksToTooMuch ? error.statedBytes : undefined
  const facts = {
    'x-unreadable': reason,
    'x-unreadable-codec': codec,
    'x-unreadable-bytes': body.length,
    ...(stated === undefined ? {} : { 'x-unreadable-stated-bytes': stated }),
    'x-unreadable-records': count,
    'x-unreadable-base-offset': firstOffset,
    'x-unreadable-last-offset': lastOffset,
  }
  const headers = Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, Buffer.from(String(fact))]))
  return { ...standIn(batch), value: body.subarray(0, unreadableValueBytesMax), headers, unreadable: reason }
}

export interface DecodedBatch {
  readonly records: readonly DecodedRecord[]
  /** What it takes beside the response itself. */
  readonly heldBytes: number
  readonly readable: boolean
}

/**
 * Reads a batch of magic 2. One that is broken, or that would take too much memory, becomes one record in the place of its own: at the
 * batch's last offset, without a key, its value the first 64 KiB as they came, its headers `x-unreadable…`. @throws nothing for what is in it
 */
export const decodeBatch = async (bytes: Buffer): Promise<DecodedBatch> => {
  const batch = open(bytes)
  try {
    const unpacked = batch.codec === 0 ? batch.body : await unpack(batch)
    const records = recordsIn(batch, unpacked)
    const heldBytes = (batch.codec === 0 ? 0 : unpacked.length) + records.length * partBytes
    // kafkajs would ask for a batch without records (all were compacted away) again and again.
    const shown = records.length > 0 ? records : [{ ...standIn(batch), isControlRecord: true }]
    return { records: shown, heldBytes, readable: true }
  } catch (error) {
    return { records: [unreadable(batch, error)], heldBytes: partBytes, readable: false }
  }
}

/** Why a record that kafkajs hands over stands in for a batch, when it does. One line. */
export const unreadableReason = (message: object): string | undefined => (message as { readonly unreadable?: string }).unreadable

import { createRequire } from 'node:module'

/** A record as kafkajs hands it to its encoder. Its producer has made texts of all keys and values, or left them as buffers. */
export interface RecordToEncode {
  readonly offsetDelta?: number
  readonly timestampDelta?: number
  readonly key: Buffer | string | null
  readonly value: Buffer | string | null
  readonly headers?: Readonly<Record<string, HeaderValue | readonly HeaderValue[]>>
}
type HeaderValue = Buffer | string

/** What kafkajs' `Encoder` is to the batch that takes records from it. */
export interface Encoded {
  buf: Buffer
  offset: number
}
type EncoderClass = new (initialSize?: number) => Encoded

/** What kafkajs' `Decoder` is to whoever reads from it. */
export interface Reading {
  readonly buffer: Buffer
  offset: number
}

export interface BatchContext {
  readonly firstOffset: { toString(): string }
  readonly firstTimestamp: { toString(): string }
  readonly magicByte: number
  readonly isControlBatch?: boolean
  readonly timestampType?: number
  readonly maxTimestamp?: string
}

export type HeaderBuffer = Buffer | null
export interface DecodedRecord {
  readonly magicByte: number
  readonly attributes: number
  readonly timestamp: string
  readonly offset: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Record<string, HeaderBuffer | HeaderBuffer[]>
  readonly isControlRecord: boolean
  readonly batchContext: BatchContext
}

/**
 * kafkajs 2.2.4 allocates a zeroed buffer of 512 bytes for each header of a record and two buffers for each number
 * (`src/protocol/encoder.js`), and copies all headers so far for each header that it reads (`record/v0/decoder.js`). With the ten headers
 * of an event that was a tenth of the processor time of a service. Here a record is one buffer, and its headers one object.
 * The format: https://kafka.apache.org/documentation/#recordbatch
 */
export const encodeRecordWith =
  (Encoder: EncoderClass) =>
  ({ offsetDelta = 0, timestampDelta = 0, key, value, headers = {} }: RecordToEncode): Encoded => {
    const pairs = pairsOf(headers)
    let body = 1 + sizeOf(timestampDelta) + sizeOf(offsetDelta) + sizeOfBytes(key) + sizeOfBytes(value) + sizeOf(pairs.length)
    for (const [name, content] of pairs) body += sizeOfBytes(name) + sizeOfBytes(content)
    const encoded = new Encoder(0)
    encoded.buf = Buffer.allocUnsafe(sizeOf(body) + body)
    let at = writeNumber(encoded.buf, 0, body)
    encoded.buf[at++] = 0 // attributes, of which none is in use
    at = writeNumber(encoded.buf, at, timestampDelta)
    at = writeNumber(encoded.buf, at, offsetDelta)
    at = writeBytes(encoded.buf, at, key)
    at = writeBytes(encoded.buf, at, value)
    at = writeNumber(encoded.buf, at, pairs.length)
    for (const [name, content] of pairs) at = writeBytes(encoded.buf, writeBytes(encoded.buf, at, name), content)
    encoded.offset = at
    return encoded
  }

const pairsOf = (headers: NonNullable<RecordToEncode['headers']>): [string, HeaderValue][] => {
  const pairs: [string, HeaderValue][] = []
  for (const name of Object.keys(headers)) {
    const content = headers[name] as HeaderValue | readonly HeaderValue[]
    if (Array.isArray(content)) for (const each of content as readonly HeaderValue[]) pairs.push([name, each])
    else pairs.push([name, content as HeaderValue])
  }
  return pairs
}

/** Numbers are written as zigzag varints; these here stay below 2^53. */
const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value)

const sizeOf = (value: number): number => {
  let bytes = 1
  for (let rest = zigzag(value); rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++
  return bytes
}

const byteLengthOf = (content: HeaderValue): number => (typeof content === 'string' ? Buffer.byteLength(content) : content.length)

const sizeOfBytes = (content: HeaderValue | null | undefined): number => {
  if (content == null) return 1
  const length = byteLengthOf(content)
  return sizeOf(length) + length
}

const writeNumber = (buffer: Buffer, start: number, value: number): number => {
  let at = start
  let rest = zigzag(value)
  while (rest >= 0x80) {
    buffer[at++] = (rest % 0x80) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  buffer[at++] = rest
  return at
}

const writeBytes = (buffer: Buffer, start: number, content: HeaderValue | null | undefined): number => {
  if (content == null) return writeNumber(buffer, start, -1)
  const at = writeNumber(buffer, start, byteLengthOf(content))
  return at + (typeof content === 'string' ? buffer.write(content, at) : content.copy(buffer, at))
}

/** Reads one record from `reading`, which holds that record alone. @throws RangeError when it is cut short. */
export const decodeRecord = (reading: Reading, batchContext: BatchContext): DecodedRecord => {
  const { firstOffset, firstTimestamp, magicByte, isControlBatch = false, timestampType, maxTimestamp } = batchContext
  const attributes = reading.buffer.readInt8(reading.offset++)
  const timestampDelta = readNumber(reading)
  const offsetDelta = readNumber(reading)
  const key = readBytes(reading)
  const value = readBytes(reading)
  const headers: DecodedRecord['headers'] = {}
  for (let left = readNumber(reading); left > 0; left--) {
    const name = readText(reading)
    const content = readBytes(reading)
    const known = Object.hasOwn(headers, name) ? headers[name] : undefined
    if (Array.isArray(known)) {
      known.push(content) // no copy: a record can have a hundred thousand headers of one name
      continue
    }
    const contents = known === undefined ? content : [known, content]
    if (name === '__proto__')
      Object.defineProperty(headers, name, { value: contents, configurable: true, enumerable: true, writable: true })
    else headers[name] = contents
  }
  return {
    magicByte,
    attributes,
    // 1: the time at which the broker appended the batch
    timestamp: timestampType === 1 && maxTimestamp ? maxTimestamp : String(Number(firstTimestamp.toString()) + timestampDelta),
    offset: String(Number(firstOffset.toString()) + offsetDelta),
    key,
    value,
    headers,
    isControlRecord: isControlBatch,
    batchContext,
  }
}

const byteAt = ({ buffer }: Reading, at: number): number => {
  const byte = buffer[at]
  if (byte === undefined) throw new RangeError('a record is cut short')
  return byte
}

export const readNumber = (reading: Reading): number => {
  let result = 0
  for (let weight = 1; ; weight *= 0x80) {
    const byte = byteAt(reading, reading.offset++)
    result += (byte & 0x7f) * weight
    if (byte < 0x80) return result % 2 === 0 ? result / 2 : -(result + 1) / 2
  }
}

export const readBytes = (reading: Reading): Buffer | null => {
  const length = readNumber(reading)
  if (length < 0) return null
  const start = reading.offset
  reading.offset += length
  if (reading.offset > reading.buffer.length) throw new RangeError('a record is cut short')
  return reading.buffer.subarray(start, reading.offset)
}

const readText = (reading: Reading): string => {
  const length = readNumber(reading)
  const start = reading.offset
  reading.offset += Math.max(0, length)
  return reading.buffer.toString('utf8', start, reading.offset)
}

const modules = [
  'kafkajs/src/protocol/recordBatch/record/v0/index.js',
  'kafkajs/src/protocol/recordBatch/record/v0/decoder.js',
] as const
const users = ['kafkajs/src/protocol/requests/produce/v3/request.js', 'kafkajs/src/protocol/recordBatch/v0/decoder.js'] as const
let mended = false

/**
 * Puts these in the place of kafkajs' own, for all clients of this process. Harmless when repeated. @throws Error when kafkajs has
 * changed, or has begun to encode or decode: whoever has loaded the old ones keeps them.
 */
export const mendRecords = (): void => {
  if (mended) return
  const require = createRequire(import.meta.url)
  const early = users.find((user) => require.cache[require.resolve(user)])
  if (early) throw new Error(`kafkajs has changed: ${early} is loaded before it is needed; see mends/records.ts`)
  const [encode, decode] = modules.map((name) => {
    if (typeof require(name) !== 'function') throw new Error(`kafkajs has changed: ${name} is no function; see mends/records.ts`)
    return require.cache[require.resolve(name)]
  })
  if (encode) encode.exports = encodeRecordWith(require('kafkajs/src/protocol/encoder') as EncoderClass)
  if (decode) decode.exports = decodeRecord
  mended = true
}

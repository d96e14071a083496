import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DecodedRecord, decodeRecord, type Encoded, encodeRecordWith, type Reading, type RecordToEncode } from './records.ts'

// kafkajs' own, which nothing has mended in this process
const require = createRequire(import.meta.url)
const Encoder = require('kafkajs/src/protocol/encoder') as new (size?: number) => Encoded & { readonly buffer: Buffer }
const Decoder = require('kafkajs/src/protocol/decoder') as new (buffer: Buffer) => Reading & { readVarIntBytes(): Buffer }
const Long = require('kafkajs/src/utils/long') as { fromValue(value: number): { toString(): string } }
const theirEncode = require('kafkajs/src/protocol/recordBatch/record/v0') as (record: RecordToEncode) => {
  readonly buffer: Buffer
}
const theirDecode = require('kafkajs/src/protocol/recordBatch/record/v0/decoder') as typeof decodeRecord

const bytes = fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b))
const content = fc.oneof(bytes, fc.string({ unit: 'grapheme', maxLength: 200 }))
const name = fc.oneof(fc.constantFrom('ce_id', 'ce_type', '__proto__', 'constructor', ''), fc.string({ maxLength: 20 }))
const records: fc.Arbitrary<RecordToEncode> = fc.record({
  offsetDelta: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 2 ** 30 })),
  timestampDelta: fc.oneof(fc.nat({ max: 300 }), fc.integer({ min: -(2 ** 40), max: 2 ** 40 })),
  key: fc.option(content),
  value: fc.option(content),
  headers: fc.dictionary(name, fc.oneof(content, fc.array(content, { minLength: 1, maxLength: 3 })), { maxKeys: 12 }),
})
const context = (firstOffset: number, firstTimestamp: number, appendTime: boolean) => ({
  firstOffset: Long.fromValue(firstOffset),
  firstTimestamp: Long.fromValue(firstTimestamp),
  magicByte: 2,
  timestampType: appendTime ? 1 : 0,
  maxTimestamp: '1700000000123',
})

const encode = encodeRecordWith(Encoder)
const bufferOf = (record: RecordToEncode): Buffer => (encode(record) as Encoded & { readonly buffer: Buffer }).buffer
const body = (record: RecordToEncode) => new Decoder(new Decoder(bufferOf(record)).readVarIntBytes())

describe('records', () => {
  test('are encoded byte for byte as kafkajs does', () => {
    fc.assert(
      fc.property(records, (record) => {
        expect(bufferOf(record).equals(theirEncode(record).buffer)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  test('are decoded as kafkajs does', () => {
    const contexts = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 2 ** 45 }), fc.boolean())
    fc.assert(
      fc.property(records, contexts, (record, [firstOffset, firstTimestamp, appendTime]) => {
        // kafkajs takes what every object inherits for an earlier header of that name
        fc.pre(!Object.keys(record.headers ?? {}).some((header) => header in {}))
        const batch = context(firstOffset, firstTimestamp, appendTime)
        const theirs: DecodedRecord = theirDecode(body(record), batch)
        expect(decodeRecord(body(record), batch)).toEqual(theirs)
      }),
      { numRuns: 1_000 },
    )
  })

  test('with a header called __proto__ harm nobody', () => {
    const record = { key: null, value: null, headers: { ['__proto__']: 'x' } }
    const { headers } = decodeRecord(body(record), context(0, 0, false))
    expect(Object.keys(headers)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype)
  })

  test('with 200,000 headers of one name are read in good time', () => {
    const record = { key: null, value: null, headers: { a: Array.from({ length: 200_000 }, () => '') } }
    const reading = body(record)
    const start = performance.now()
    expect(decodeRecord(reading, context(0, 0, false)).headers.a).toHaveLength(200_000)
    expect(performance.now() - start).toBeLessThan(2_000)
  })

  test('that are cut short are refused', () => {
    const whole = body({ key: 'k', value: 'value', headers: { a: 'b' } }).buffer
    for (let length = 0; length < whole.length; length++)
      expect(() => decodeRecord(new Decoder(whole.subarray(0, length)), context(0, 0, false)), `${length}`).toThrow(RangeError)
  })
})

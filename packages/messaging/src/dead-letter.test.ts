import { expect, test } from 'vitest'
import { type DeadLetter, deadLetterRecord, letterOf, restoredLetter, type StoredRecord, storedParts } from './dead-letter.ts'
import type { ConsumedRecord } from './transport.ts'

const failure = {
  kind: 'failed',
  error: 'broken',
  attempts: 5,
  firstAt: '2026-01-01T00:00:00Z',
  lastAt: '2026-01-01T00:00:01Z',
} as const
const record = { topic: 'shop.order', position: '3/17', key: 'k', value: Buffer.from('{}'), headers: { a: 'b' }, timestampMs: 1 }

const restored = ({ id, record, failure }: DeadLetter): DeadLetter => {
  const { record: json, parts } = storedParts(record)
  expect(json.length, 'what is listed stays small').toBeLessThan(20_000)
  expect(json).not.toContain('\\u0000')
  return restoredLetter(id, JSON.parse(json) as StoredRecord, record.value, failure, parts)
}

test('a letter is called by the place of its record and what it is, and comes back from its parts', () => {
  const letter = letterOf(record, failure)
  expect(letter.id).toMatch(/^shop\.order\/3\/17\/[0-9a-f]{16}$/)
  expect(letterOf({ ...record }, failure).id).toBe(letter.id)
  expect(restored(letter)).toEqual(letter)
})

test.each<[string, Partial<ConsumedRecord>]>([
  ['key', { key: 'l' }],
  ['value', { value: Buffer.from('{ }') }],
  ['no value', { value: null }],
  ['an empty value', { value: Buffer.alloc(0) }],
  ['header', { headers: { a: 'c' } }],
  ['name of a header', { headers: { b: 'b' } }],
  ['time', { timestampMs: 2 }],
  ['bytes of the key', { raw: { key: Buffer.from([0]) } }],
  ['header without content', { raw: { headers: [['a', null]] } }],
])('another record in the same place is another letter: by its %s', (_what, other) =>
  expect(letterOf({ ...record, ...other }, failure).id).not.toBe(letterOf(record, failure).id),
)

test.each<[string, Partial<ConsumedRecord>]>([
  ['a key of bytes', { key: '\\x00k', raw: { key: Buffer.from('\0k') } }],
  [
    'a repeated header',
    {
      headers: { a: 'c' },
      raw: {
        headers: [
          ['a', Buffer.from('b')],
          ['a', Buffer.from('c')],
        ],
      },
    },
  ],
  ['a header without content', { headers: {}, raw: { headers: [['a', null]] } }],
  ['a megabyte of headers', { headers: Object.fromEntries(Array.from({ length: 4_000 }, (_, i) => [`h${i}`, 'x'.repeat(250)])) }],
  ['a key of a megabyte', { key: 'k'.repeat(1_000_000) }],
])('%s comes back whole', (_what, odd) => {
  const letter = letterOf({ ...record, ...odd }, failure)
  expect(restored(letter)).toEqual(letter)
})

test('what went wrong is one bounded line that every database takes', () => {
  const { failure: told } = letterOf(record, { ...failure, error: 'a\0b\nc\ud800', eventId: `\0${'x'.repeat(1_000)}` })
  expect(told.error).toBe('a b c\ufffd')
  expect(told.eventId).toHaveLength(100)
})

test('letters of earlier releases come back with their places and their ids', () => {
  const { value, ...rest } = record
  expect(restoredLetter('shop.order/3/17', rest, value, failure)).toEqual({ id: 'shop.order/3/17', record, failure })
  const old = { topic: 'shop.order', partition: 3, offset: '17', key: 'k', headers: { a: 'b' }, timestampMs: 1 }
  expect(restoredLetter('shop.order/3/17', old, value, failure)).toEqual({ id: 'shop.order/3/17', record, failure })
})

const at = (position: string) => ({ position })

test('a copy has the very bytes, but for what tells why it is there', () => {
  const raw = {
    key: Buffer.from([0, 255]),
    headers: [
      ['a', null],
      ['dead-letter-kind', Buffer.from('theirs')],
    ] as const,
  }
  const copy = deadLetterRecord(letterOf({ ...record, raw }, failure), 'dead', 'tester', at)
  expect(copy.raw).toEqual({ key: raw.key, headers: [['a', null]] })
  expect(copy).toMatchObject({ key: 'k', value: record.value, headers: { 'dead-letter-kind': 'failed' } })
  expect(copy.headers).not.toHaveProperty('dead-letter-cut')
})

test('a cut copy says how much of it there is, and where the whole is', () => {
  const headers = { small: 's', large: 'x'.repeat(100_000) }
  const letter = letterOf({ ...record, value: Buffer.alloc(3_000_000), headers }, failure)
  const cut = deadLetterRecord(letter, 'dead', 'tester', at, 'cut')
  expect(cut.key).toBe('k')
  expect(cut.value).toHaveLength(65_536)
  expect(cut.raw?.headers).toEqual([['small', Buffer.from('s')]])
  expect(cut.headers['dead-letter-cut']).toBe(
    `65536 of 3000000 bytes of the value, 1 of 2 headers; the whole is letter ${letter.id} of tester`,
  )
  const bare = deadLetterRecord(letter, 'dead', 'tester', at, 'bare')
  expect(bare).toMatchObject({ key: null, value: null, raw: { headers: [] } })
  expect(bare.headers['dead-letter-cut']).toContain('0 of 3000000 bytes of the value, 0 of 2 headers, 0 of 1 bytes of the key')
})

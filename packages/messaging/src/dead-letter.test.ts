import { expect, test } from 'vitest'
import { letterOf, restoredLetter } from './dead-letter.ts'

const failure = {
  kind: 'failed',
  error: 'broken',
  attempts: 5,
  firstAt: '2026-01-01T00:00:00Z',
  lastAt: '2026-01-01T00:00:01Z',
} as const
const record = { topic: 'shop.order', position: '3/17', key: 'k', value: Buffer.from('{}'), headers: { a: 'b' }, timestampMs: 1 }

test('a letter is called by the place of its record, and comes back from its parts', () => {
  const letter = letterOf(record, failure)
  expect(letter.id).toBe('shop.order/3/17')
  const { value, ...stored } = letter.record
  expect(restoredLetter(letter.id, stored, value, letter.failure)).toEqual(letter)
})

test('a letter that was stored with its partition and offset comes back with its position', () => {
  const old = { topic: 'shop.order', partition: 3, offset: '17', key: 'k', headers: { a: 'b' }, timestampMs: 1 }
  expect(restoredLetter('shop.order/3/17', old, record.value, failure)).toEqual(letterOf(record, failure))
})

import { expect, test } from 'vitest'
import { duration, eventLines, eventWords, money, shortId } from '#page/format.ts'

test.each([
  [0, '0 ms'],
  [237.6, '238 ms'],
  [1_400, '1.40 s'],
  [10_000, '10 s'],
  [12_340, '12.3 s'],
  [60_000, '1 min'],
  [250_000, '4 min 10 s'],
  [7_500_000, '2 h 5 min'],
  [3 * 86_400_000, '3 days'],
])('%i milliseconds are %s', (ms, words) => expect(duration(ms)).toBe(words))

test('names of events are read as words', () => {
  expect(eventWords('OrderCancellationRequested')).toBe('Order cancellation requested')
  expect(eventLines('OrderCancellationRequested')).toEqual(['Order cancellation', 'requested'])
  expect(eventLines('PaymentCaptured')).toEqual(['Payment', 'captured'])
})

test('ids are told apart by their ends, money by its currency', () => {
  expect(shortId('01a20552-6d67-7437-a7ac-96cad8077d9f')).toBe('…d8077d9f')
  expect(money(4_990, 'EUR')).toBe('€49.90')
})

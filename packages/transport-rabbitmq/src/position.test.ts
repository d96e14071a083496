import { expect, test } from 'vitest'
import { idAt, idIn, idOf, numbering, positionOf, publishersMax, timeOf } from './position.ts'

const now = Date.UTC(2026, 10, 28)

test('numbers count up, also when the clock stands still or is set back, and no two publishers give the same', () => {
  const times = [now, now, now - 5_000, now - 5_000, now + 1]
  const next = numbering(3, () => times.shift() ?? now)
  const given = Array.from({ length: 100 }, next)
  expect(given).toEqual([...given].sort((a, b) => a - b))
  const other = numbering(4, () => now)
  const all = [...given, ...Array.from({ length: 100 }, other)]
  expect(new Set(all).size).toBe(200)
  expect(all.every(Number.isSafeInteger)).toBe(true)
})

test('a number tells its millisecond until long after 2090', () => {
  const id = numbering(publishersMax - 1, () => now)()
  expect(timeOf(positionOf(id))).toBe(now)
  expect(idOf(positionOf(id))).toBe(id)
  expect(Number.isSafeInteger(idAt(Date.UTC(2090, 0, 1)))).toBe(true)
  expect(timeOf('1/17')).toBeUndefined()
})

test('what others publish has no such number', () => {
  for (const messageId of [undefined, '', '0', 'a', '12345678901234567', '01', '-1']) expect(idIn(messageId)).toBeUndefined()
  expect(idIn('17')).toBe(17)
})

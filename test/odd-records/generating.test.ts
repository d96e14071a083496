import { describe, expect, test } from 'vitest'
import { Random } from '../simulation/random.ts'
import { kinds, oddRecord } from './kinds.ts'
import { describeRecord, isHarmless, type OddRecord, type TrueRecord } from './odd-record.ts'
import { smallest } from './smallest.ts'
import { template } from './templates.ts'

const trueRecords: readonly TrueRecord[] = Array.from({ length: 20 }, (_, i) => template(new Random(1_000 + i), i % 6))
const made = (seed: number, count: number): OddRecord[] =>
  Array.from({ length: count }, (_, i) => oddRecord(new Random(seed * 2 ** 20 + i), i, trueRecords))

test('a seed gives the same records each time, another one others', () => {
  expect(made(1, 50)).toEqual(made(1, 50))
  expect(made(2, 50)).not.toEqual(made(1, 50))
})

test('500 records are of every kind, of every compression, and on every topic of events', () => {
  const records = made(1, 500)
  expect(new Set(records.map((r) => r.kind))).toEqual(new Set(Object.keys(kinds)))
  expect(new Set(records.map((r) => r.compression)).size).toBe(5)
  for (const topic of ['shop.order', 'shop.payment', 'shop.inventory', 'shop.delivery'])
    expect(records.filter((r) => r.topic === topic).length).toBeGreaterThan(20)
  expect(records.some((r) => r.topic.endsWith('.dead-letter'))).toBe(true)
})

test('what somebody could take for an event that was not told is not harmless', () => {
  const [original] = trueRecords
  if (original === undefined) throw new Error('there are none')
  const record: OddRecord = { ...original, number: 0, kind: 'x', compression: 0 }
  expect(isHarmless(record)).toBe(false)
  expect(isHarmless(record, original)).toBe(true)
  expect(isHarmless({ ...record, partition: (original.partition + 1) % 6 }, original)).toBe(false)
  expect(
    isHarmless({ ...record, headers: { ...original.headers, ce_id: '01a21ed0-9f69-751b-ac86-9fa9a1496b8a' } }, original),
  ).toBe(false)
  expect(isHarmless({ ...record, value: 'no event' })).toBe(true)
  expect(isHarmless({ ...record, transaction: 'aborted' })).toBe(true)
})

test('a record can be shown, however long it is', () => {
  for (const record of made(3, 200)) expect(JSON.stringify(describeRecord(record)).length).toBeLessThan(12_000)
})

describe('the smallest part that fails', () => {
  const numbers = Array.from({ length: 100 }, (_, i) => i)
  const needing =
    (...needed: readonly number[]) =>
    async (part: readonly number[]) =>
      needed.every((n) => part.includes(n))

  test.each([[[17]], [[3, 80]], [[0, 50, 99]]])('is %j', async (needed) => {
    expect(await smallest(numbers, needing(...needed), 1_000)).toEqual(needed)
  })

  test('is as small as so many tries make it', async () => {
    let tries = 0
    const fails = (part: readonly number[]) => {
      tries++
      return needing(17)(part)
    }
    const found = await smallest(numbers, fails, 3)
    expect(tries).toBe(3)
    expect(found).toContain(17)
    expect(found.length).toBeLessThan(60)
  })
})

import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { UuidSet } from './uuid-set.ts'

test('has what was added, once, and nothing else', () => {
  const set = new UuidSet()
  const ids = Array.from({ length: 20_000 }, () => randomUUID())
  for (const id of [...ids, ...ids]) set.add(id)
  expect(set.size).toBe(ids.length)
  expect(ids.every((id) => set.has(id))).toBe(true)
  expect(Array.from({ length: 20_000 }, () => randomUUID()).some((id) => set.has(id))).toBe(false)
  expect(set.has('no UUID')).toBe(false)
})

import { expect, it } from 'vitest'
import { newUuid } from './uuid.ts'

it('makes ids of version 7, each greater than the one before, that tell the time', () => {
  const before = Date.now()
  const ids = Array.from({ length: 10_000 }, newUuid)
  expect(new Set(ids).size).toBe(10_000)
  expect(ids.toSorted()).toEqual(ids)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const ms = Number.parseInt((ids[0] ?? '').replaceAll('-', '').slice(0, 12), 16)
  expect(ms).toBeGreaterThanOrEqual(before)
  expect(ms).toBeLessThanOrEqual(Date.now())
})

it('leaves the last 42 bits to chance', () => {
  expect(new Set(Array.from({ length: 1_000 }, () => newUuid().slice(-10))).size).toBe(1_000)
})

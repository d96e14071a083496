import { expect, it } from 'vitest'
import { restAfter, restAfterSweep } from './pacing.ts'

it('rests after many messages, for what is left of the interval, but not while there is a backlog', () => {
  expect(restAfter(1, 0)).toBe(0)
  expect(restAfter(19, 0)).toBe(0)
  expect(restAfter(20, 15)).toBe(25)
  expect(restAfter(200, 100)).toBe(0)
  expect(restAfter(499, 15)).toBe(25)
  expect(restAfter(500, 0)).toBe(0)
})

it('rests after a sweep in proportion to it, within bounds', () => {
  expect(restAfterSweep(1, 1_000, 5_000)).toBe(1_000)
  expect(restAfterSweep(60, 1_000, 5_000)).toBe(3_000)
  expect(restAfterSweep(2_000, 1_000, 5_000)).toBe(5_000)
})

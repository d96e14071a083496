import { expect, it } from 'vitest'
import { restAfter } from './pacing.ts'

it('rests after many messages, for what is left of the interval, but not while there is a backlog', () => {
  expect(restAfter(1, 0)).toBe(0)
  expect(restAfter(19, 0)).toBe(0)
  expect(restAfter(20, 15)).toBe(25)
  expect(restAfter(200, 100)).toBe(0)
  expect(restAfter(499, 15)).toBe(25)
  expect(restAfter(500, 0)).toBe(0)
})

import { describe, expect, test } from 'vitest'
import { deviationsOf, type Expected } from './expectation.ts'

const counts = { sent: 10, handled: 10, lost: 0, doubled: 0, outOfOrder: 0, perSecond: 1 }
const once: Expected = { lost: 'none', doubled: 'none', outOfOrder: 'none' }

describe('expectation', () => {
  test('what is as expected is no deviation', () => {
    expect(deviationsOf(once, counts)).toEqual([])
    expect(deviationsOf({ ...once, doubled: 'some' }, { ...counts, doubled: 3 })).toEqual([])
  })

  test('a count that should be none', () => {
    expect(deviationsOf(once, { ...counts, lost: 2 })).toEqual(['none should be lost, and 2 of 10 are'])
  })

  test('a count that should be some: a mode that shows nothing has not shown its point', () => {
    expect(deviationsOf({ ...once, lost: 'some' }, counts)).toEqual(['some should be lost, and 0 of 10 are'])
  })

  test('each count by itself', () => {
    expect(deviationsOf(once, { ...counts, lost: 1, doubled: 1, outOfOrder: 1 })).toHaveLength(3)
  })

  test('nothing is claimed where it depends on the moment', () => {
    const any: Expected = { lost: 'any', doubled: 'any', outOfOrder: 'any' }
    expect(deviationsOf(any, counts)).toEqual([])
    expect(deviationsOf(any, { ...counts, lost: 1, doubled: 1, outOfOrder: 1 })).toEqual([])
  })
})

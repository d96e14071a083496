import { describe, expect, test } from 'vitest'
import { deviationsOf, idleIn } from './assignment.ts'
import { standstills } from './standstill.ts'

describe('standstill', () => {
  const window = { partitions: 2, fromMs: 1_000, toMs: 2_000 }

  test('the longest gap of each partition', () => {
    const handled = [
      { partition: 0, atMs: 1_100 },
      { partition: 0, atMs: 1_700 },
      { partition: 0, atMs: 1_900 },
      { partition: 1, atMs: 1_500 },
    ]
    expect(standstills(handled, window)).toEqual([600, 500])
  })

  test('a partition of which nothing is handled stands still all the time', () => {
    expect(standstills([], window)).toEqual([1_000, 1_000])
  })

  test('what is handled before or after counts for nothing, and members may tell in any order', () => {
    const handled = [
      { partition: 0, atMs: 1_800 },
      { partition: 0, atMs: 900 },
      { partition: 0, atMs: 1_200 },
      { partition: 1, atMs: 2_500 },
    ]
    expect(standstills(handled, window)).toEqual([600, 1_000])
  })
})

describe('assignment', () => {
  const fair = [
    { name: 'a', partitions: [0, 2] },
    { name: 'b', partitions: [1] },
  ]

  test('each partition has one owner, and the shares are even', () => {
    expect(deviationsOf(fair, ['b', 'a'], 3)).toEqual([])
  })

  test('a partition without an owner, and one with two', () => {
    expect(deviationsOf(fair, ['a', 'b'], 4)).toEqual(['partition 3 has 0 owners'])
    expect(deviationsOf([...fair, { name: 'c', partitions: [1] }], ['a', 'b', 'c'], 3)).toEqual(['partition 1 has 2 owners'])
  })

  test('members that should not be there, and uneven shares', () => {
    const found = deviationsOf(
      [
        { name: 'a', partitions: [0, 1] },
        { name: 'b', partitions: [] },
      ],
      ['a'],
      2,
    )
    expect(found).toEqual(['members should be a, and are a, b', 'the shares differ by more than one: 2, 0'])
  })

  test('who has nothing to do', () => {
    expect(idleIn([...fair, { name: 'c', partitions: [] }])).toEqual(['c'])
  })
})

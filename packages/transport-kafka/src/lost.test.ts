import type { GroupPlace, Lost, Stretch } from '@shop/messaging/driver'
import { describe, expect, test } from 'vitest'
import { lostBetween, watchForLost } from './lost.ts'

const topic = 'orders'
const log = (begin: number, end: number): Stretch => ({
  topic,
  begin: `0/${begin}`,
  end: `0/${end}`,
  records: end - begin,
  trimmed: begin > 0,
})
const at = (offset: number): GroupPlace => ({ topic, position: `0/${offset}`, fresh: offset < 0, lag: 0 })

describe('between what was committed and what is there', () => {
  test.each([
    ['records are deleted', at(5), log(8, 20), [{ topic, position: '0/5', resumesAt: '0/8', records: 3 }]],
    ['the log lost its tail or was begun anew', at(15), log(0, 3), [{ topic, position: '0/15', resumesAt: '0/0' }]],
    ['nothing is missing', at(8), log(8, 20), []],
    ['all is read', at(20), log(8, 20), []],
    ['all is read and deleted', at(20), log(20, 20), []],
    ['the group is new', at(-1), log(8, 20), []],
  ])('%s', (_name, place, stretch, lost) => expect(lostBetween([place], [stretch])).toEqual(lost))
})

describe('while it reads', () => {
  const watched = () => {
    const lost: Lost[] = []
    const watch = watchForLost((l) => void lost.push(l))
    const fetched = (from: number, next: number, end: number) =>
      watch.fetched({ topic, partition: 0, fetchedOffset: `${from}`, nextOffset: `${next}`, highWatermark: `${end}` })
    return { lost, fetched, joined: watch.joined }
  }
  test('a fetch that begins behind the end of the one before has left records out', () => {
    const { lost, fetched } = watched()
    fetched(0, 5, 5)
    fetched(8, 9, 9)
    expect(lost).toEqual([{ topic, position: '0/5', resumesAt: '0/8', records: 3 }])
  })
  test('a log that became shorter was begun anew', () => {
    const { lost, fetched } = watched()
    fetched(0, 5, 5)
    fetched(0, 2, 2)
    expect(lost).toEqual([{ topic, position: '0/5', resumesAt: '0/0' }])
  })
  test('what is read again, goes on, or was read by others meanwhile is no loss', () => {
    const { lost, fetched, joined } = watched()
    fetched(0, 5, 9)
    fetched(3, 6, 9)
    fetched(6, 9, 9)
    joined()
    fetched(20, 21, 21)
    expect(lost).toEqual([])
  })
})

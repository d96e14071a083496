import { expect, test } from 'vitest'
import type { MessageDocument } from './document.ts'
import { RecentDocuments } from './recent.ts'

const document = (_id: string, parked?: string[]): MessageDocument<number> => ({
  _id,
  version: 1,
  state: 1,
  handled: [],
  outbox: [],
  ...(parked && { parked }),
})

test('a key that is not known is believed to be new, until that was wrong', () => {
  let time = 0
  const recent = new RecentDocuments<number>(() => time)
  recent.written([document('a')])
  expect(recent.guess(['a', 'b'])).toEqual([document('a')])
  recent.distrust()
  expect(recent.guess(['a'])).toBeUndefined()
  time = 1_000
  expect(recent.guess(['a'])).toEqual([document('a')])
})

test('a key that letters hold is asked for each time', () => {
  const recent = new RecentDocuments<number>()
  recent.written([document('a')])
  recent.written([document('a', ['letter'])])
  expect(recent.guess(['a'])).toEqual([])
})

test('the latest 5,000 are kept', () => {
  const recent = new RecentDocuments<number>()
  recent.written([document('first')])
  recent.written(Array.from({ length: 4_999 }, (_, i) => document(`${i}`)))
  recent.written([document('first')])
  recent.written([document('last')])
  expect(recent.guess(['first', '0', '1', 'last'])?.map((d) => d._id)).toEqual(['first', '1', 'last'])
})

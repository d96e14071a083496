import { Documents, type Message } from '@shop/messaging/driver'
import { expect, test } from 'vitest'
import { changedDocuments } from './change.ts'
import type { MessageDocument } from './document.ts'

const message = (id: string): Message => ({
  id,
  type: 'Told',
  key: 'k',
  at: '2026-01-01T00:00:00.000Z',
  correlationId: 'c',
  data: {},
})
const ids = (count: number, from = 0) => Array.from({ length: count }, (_, n) => `id-${from + n}`)
const document = (handled: readonly string[]): MessageDocument<number> => ({
  _id: 'k',
  version: 1,
  state: 1,
  handled,
  outbox: [],
})

/** What a document keeps after these came, `perBatch` at a time. */
const handledAfter = (count: number, perBatch: number): readonly string[] => {
  let kept = document([])
  for (let from = 0; from < count; from += perBatch) {
    const before = new Map([['k', kept]])
    const fresh = ids(perBatch, from).map(message)
    const [changed] = changedDocuments(['k'], before, new Documents(new Map([['k', 1]])), { fresh, emit: [] }, () => false)
    kept = changed ?? kept
  }
  return kept.handled
}

test('a document remembers every message of an ordinary key', () => expect(handledAfter(500, 10)).toEqual(ids(500)))

test('it stays small however many come, and remembers the newest', () =>
  expect(handledAfter(20_000, 100)).toEqual(ids(1_000, 19_000)))

test('it remembers a whole batch, or it would be handled twice after a write of which nobody knows', () =>
  expect(handledAfter(3_000, 3_000)).toEqual(ids(3_000)))

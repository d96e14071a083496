import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { type DeadLetter, letterOf } from '../dead-letter.ts'
import { causedBy, type Message, startedBy } from '../message.ts'
import type { MessageStore, React } from '../store.ts'
import type { ConsumedRecord } from '../transport.ts'
import { letter, relayAll, type StoreFixture } from './asking.ts'

const at = '2026-01-01T00:00:00.000Z'
const why = { kind: 'undecodable', error: 'odd', attempts: 1, firstAt: at, lastAt: at } as const
const plain: ConsumedRecord = { topic: 'asks', position: '3/17', key: 'k', value: Buffer.from('v'), headers: {}, timestampMs: 1 }
const many = (count: number, text: string) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`h${i}`, text]))

const oddRecords: readonly [string, Partial<ConsumedRecord>][] = [
  ['any bytes as value', { key: null, value: Buffer.from([0, 255, 1]), headers: { '$set.a.b': '1', '': 'ü' } }],
  ['no value', { value: null }],
  ['an empty value and key', { key: '', value: Buffer.alloc(0) }],
  ['a key with NUL', { key: '\\x00\\x00\\x00\\x00\\x07order', raw: { key: Buffer.from('\0\0\0\0\x07order') } }],
  ['a key that is no UTF-8', { key: '\\xff\\xc0', raw: { key: Buffer.from([0xff, 0xc0]) } }],
  ['a header that is no text', { headers: { a: '\\x00\\xff' }, raw: { headers: [['a', Buffer.from([0, 255])]] } }],
  ['a header without content', { raw: { headers: [['a', null]] } }],
  [
    'repeated headers, in their order',
    {
      headers: { a: '3', b: 'text' },
      raw: { headers: ['1', '\0', '3'].map((content) => ['a', Buffer.from(content)] as const) },
    },
  ],
  ['headers without a name, and named as what objects have', { headers: { '': 'x', constructor: 'y', 'a\\.$b': 'z' } }],
  ['4,000 headers', { headers: many(4_000, 'x') }],
  ['a header of a megabyte', { headers: { a: 'x'.repeat(1_000_000) } }],
  ['a key of a megabyte', { key: 'k'.repeat(1_000_000) }],
  ['a value of 3 MB', { value: Buffer.alloc(3_000_000, 'x') }],
  ['16 MiB in all', { value: Buffer.alloc(8 * 1_024 * 1_024, 7), headers: { a: 'x'.repeat(8 * 1_024 * 1_024 - 100_000) } }],
]

/** What a store keeps of records that nobody thought of, and of messages that cannot be sent. */
export const oddLetterConformance = <Work>(name: string, setUp: () => Promise<StoreFixture<Work>>): void => {
  describe(`${name} message store, letters of odd records`, () => {
    let store: MessageStore<Work>
    let fixture: StoreFixture<Work>
    beforeEach(async () => {
      fixture = await setUp()
      store = await fixture.open()
    })

    test.each(oddRecords)('%s: is kept as it came, and listed in few words', { timeout: 60_000 }, async (_what, odd) => {
      const set = letterOf({ ...plain, ...odd }, why)
      expect(await store.park([set])).toEqual([set])
      expect(await store.letters({ limit: 10 })).toEqual([set])
      expect(await store.letters({ id: set.id, limit: 1 })).toEqual([set])
      const [brief] = await store.letters({ limit: 10, brief: true })
      expect(brief).toMatchObject({ id: set.id, failure: set.failure, record: { topic: 'asks', position: '3/17', value: null } })
      await store.discard(brief as DeadLetter)
      expect(await store.letters({ limit: 10 })).toEqual([])
    })

    test('what went wrong may hold NUL and half a character', async () => {
      const set = letterOf(plain, { ...why, error: 'a\0b \ud800', eventId: '\0' })
      await store.park([set])
      expect(await store.letters({ limit: 10 })).toEqual([set])
    })

    test('many at once keep their order, and those of odd records their place among them', async () => {
      const bytesKey = { key: '\\x00\\xff', raw: { key: Buffer.from([0, 0xff]) } }
      const letters = Array.from({ length: 200 }, (_, i) =>
        letterOf({ ...plain, position: `3/${i}`, ...(i % 10 === 0 && bytesKey) }, why),
      )
      expect(await store.park(letters)).toEqual(letters)
      expect(await store.letters({ limit: 1_000 })).toEqual(letters)
      expect(await store.letterCounts()).toMatchObject({ undecodable: 200 })
    })

    test('a record that stands where another one stood, on a topic that began anew, is another letter', async () => {
      const [before, after] = ['old', 'new'].map((value) => letterOf({ ...plain, value: Buffer.from(value) }, why))
      await store.park([before as DeadLetter])
      expect(await store.park([after as DeadLetter])).toEqual([after])
      expect(await store.letters({ limit: 10 })).toEqual([before, after])
    })

    test('a letter of an earlier release, without a fingerprint, stays usable', async () => {
      const failed = startedBy({ key: randomUUID() }, { type: 'Asked', data: { n: 1 } })
      const old = { ...letter(failed), id: 'asks/3/17' }
      await store.park([old])
      expect(await store.letters({ id: 'asks/3/17', limit: 1 })).toMatchObject([{ id: 'asks/3/17', record: { key: failed.key } }])
      await store.discard(old)
      expect(await store.letters({ limit: 10 })).toEqual([])
    })

    test('letters are found by their kind', async () => {
      const failed = letter(startedBy({ key: randomUUID() }, { type: 'Asked', data: { n: 1 } }))
      await store.park([letterOf(plain, why), failed])
      expect(await store.letters({ kind: 'failed', limit: 10 })).toEqual([failed])
    })

    describe('a message that cannot be sent', () => {
      const answering: React<Work> = async (work, fresh) => {
        for (const m of fresh) await fixture.count(work, m)
        return fresh.map((m) => causedBy(m, { type: 'Answered', data: { to: m.id } }))
      }
      const handled = async (key: string): Promise<string> => {
        const asked = startedBy({ key }, { type: 'Asked', data: { n: 1 } })
        await store.handleOnce([asked], answering)
        return asked.id
      }
      const unsendable = (message: Message): DeadLetter =>
        letterOf({ ...plain, position: `unsent/${message.id}`, key: message.key }, { ...why, kind: 'unsendable' })
      const pendingCauses = async () => (await store.pending(10)).map((s) => s.message.causationId)

      test('holds back what is to be told of its key, also in the next process, but nothing that comes in', async () => {
        const [key, other] = [randomUUID(), randomUUID()]
        await handled(key)
        const [first] = await store.pending(10)
        const set = unsendable(first?.message as Message)
        await store.park([set])
        await handled(key)
        const asked = await handled(other)
        expect(await pendingCauses()).toEqual([asked])
        expect(await fixture.countOf(key)).toBe(2)
        expect(await store.letterCounts()).toMatchObject({ unsendable: 1 })
        expect(await store.backlog()).toMatchObject({ count: 3 })
        await fixture.kill(store)
        store = await fixture.open()
        await expect.poll(pendingCauses, { timeout: 10_000 }).toEqual([asked])
      })

      test('released, it goes again, before what waited behind it', async () => {
        const key = randomUUID()
        const first = await handled(key)
        const [pending] = await store.pending(10)
        const set = unsendable(pending?.message as Message)
        await store.park([set])
        const second = await handled(key)
        expect(await pendingCauses()).toEqual([])
        let woken = 0
        store.onStored(() => woken++)
        await store.release(set)
        expect(woken).toBe(1)
        expect(await store.letters({ limit: 10 })).toEqual([])
        expect((await relayAll(store)).map((m) => m.causationId)).toEqual([first, second])
      })
    })
  })
}

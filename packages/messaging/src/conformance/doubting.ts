import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { type Message, startedBy } from '../message.ts'
import type { MessageStore, React } from '../store.ts'
import { letter, type StoreFixture } from './asking.ts'

/** What `store.ts` promises of messages that the reactions doubt, and of those that only share an id. */
export const doubtingConformance = <Work>(name: string, setUp: () => Promise<StoreFixture<Work>>): void => {
  describe(`store conformance, doubts: ${name}`, () => {
    let fixture: StoreFixture<Work>
    let store: MessageStore<Work>
    const key = () => randomUUID()
    const told = (type: string, ofKey: string, from = '/test/asker'): Message => ({
      ...startedBy({ key: ofKey }, { type, data: {} }),
      source: from,
    })
    /** Counts all but those of type `Odd`, and doubts these. */
    const react: React<Work> = async (work, fresh, doubt) => {
      for (const m of fresh)
        if (m.type === 'Odd') doubt(m, 'it is odd')
        else await fixture.count(work, m)
      return []
    }

    beforeEach(async () => {
      fixture = await setUp()
      store = await fixture.open()
    })

    test('an id that another source has used is not used up', async () => {
      const one = told('Asked', key())
      const namesake = { ...one, source: '/test/other' }
      expect(await store.handleOnce([one, namesake], react)).toMatchObject({ handled: 2, duplicates: 0 })
      expect(await store.handleOnce([namesake, one], react)).toMatchObject({ handled: 0, duplicates: 2 })
      expect(await fixture.countOf(one.key)).toBe(2)
    })

    test('an id that was handled before sources were kept holds for each of them', async () => {
      const { source: _, ...before } = told('Asked', key())
      await store.handleOnce([before], react)
      const again = [
        { ...before, source: '/test/asker' },
        { ...before, source: '/test/other' },
      ]
      expect(await store.handleOnce(again, react)).toMatchObject({ handled: 0, duplicates: 2 })
      expect(await store.handleParked(letter(before), again[0] as Message, react)).toMatchObject({ handled: 0, duplicates: 1 })
      expect(await fixture.countOf(before.key)).toBe(1)
    })

    test('a suspicious message is named, and its batch goes on in the same transaction', async () => {
      const ofKey = key()
      const odd = told('Odd', ofKey)
      const outcome = await store.handleOnce([odd, told('Asked', ofKey), told('Asked', key())], react)
      expect(outcome).toEqual({ handled: 2, duplicates: 0, held: [], suspicious: [{ message: odd, reason: 'it is odd' }] })
      expect(await fixture.countOf(ofKey)).toBe(1)
    })

    test('it does not count as handled: it is doubted each time it comes', async () => {
      const odd = told('Odd', key())
      for (let i = 0; i < 3; i++) {
        const next = i === 2 ? await fixture.open() : store
        expect(await next.handleOnce([odd], react)).toMatchObject({ handled: 0, duplicates: 0, suspicious: [{ message: odd }] })
      }
      expect(await store.handleOnce([{ ...odd, type: 'Asked' }], react)).toMatchObject({ handled: 1 })
    })

    test('what a process does not know yet of another one is asked for before anything is doubted', async () => {
      const ofKey = key()
      await store.handleOnce([told('Asked', ofKey)], react)
      const other = await fixture.open()
      let seen = 0
      const doubtsTheFirst: React<Work> = async (work, fresh, doubt) => {
        for (const m of fresh) {
          await fixture.count(work, m)
          seen = await fixture.countOf(ofKey)
          doubt(m, 'it may be the first')
        }
        return []
      }
      await other.handleOnce([told('Asked', ofKey)], doubtsTheFirst)
      expect(seen).toBe(1)
    })

    test('its letter holds nothing, and may be replayed or discarded', async () => {
      const [odd, later] = [told('Odd', key()), told('Odd', key())]
      await store.park([letter(odd, 'suspicious'), letter(later, 'suspicious')])
      expect(await store.letterCounts()).toEqual({ undecodable: 0, failed: 0, held: 0, suspicious: 2, unsendable: 0 })
      expect(await store.handleOnce([told('Asked', odd.key)], react)).toMatchObject({ handled: 1, held: [] })
      const sober = { ...odd, type: 'Asked' }
      expect(await store.handleParked(letter(odd, 'suspicious'), sober, react)).toMatchObject({ handled: 1 })
      expect(await fixture.countOf(odd.key)).toBe(2)
      await store.discard(letter(later, 'suspicious'))
      expect(await store.letters({ limit: 10 })).toEqual([])
      expect(await store.handleOnce([{ ...later, type: 'Asked' }], react)).toMatchObject({ handled: 1, duplicates: 0 })
    })

    test('one that turns out to be suspicious when it is replayed stays, and holds its key no longer', async () => {
      const odd = told('Odd', key())
      await store.park([letter(odd)])
      expect(await store.handleParked(letter(odd), odd, react)).toMatchObject({ handled: 0, suspicious: [{ message: odd }] })
      const [stays] = await store.letters({ limit: 10 })
      expect(stays).toMatchObject({ id: letter(odd).id, failure: { kind: 'suspicious', error: 'it is odd', attempts: 6 } })
      expect(await store.letterCounts()).toMatchObject({ failed: 0, suspicious: 1 })
      expect(await store.handleOnce([told('Asked', odd.key)], react)).toMatchObject({ handled: 1, held: [] })
    })

    describe('with others that wait', () => {
      /** `Odd` is needed, too; but one that is doubted has not arrived. */
      beforeEach(() => store.waitFor(new Map([['Answer', ['Odd']]])))
      const trusting: React<Work> = async (work, fresh, doubt) => {
        for (const m of fresh)
          if (m.source === '/test/forger') doubt(m, 'it is odd')
          else await fixture.count(work, m)
        return []
      }

      test('nothing is carried out because of a suspicious one, and its true namesake still lets it go on', async () => {
        const ofKey = key()
        const [forged, answer, real] = [told('Odd', ofKey, '/test/forger'), told('Answer', ofKey), told('Odd', ofKey)]
        expect(await store.handleOnce([answer], trusting)).toMatchObject({ handled: 1 })
        expect(await store.handleOnce([forged], trusting)).toMatchObject({ handled: 0, suspicious: [{ message: forged }] })
        expect(await fixture.countOf(ofKey)).toBe(0)
        expect(await store.handleOnce([forged, real], trusting)).toMatchObject({ handled: 1, suspicious: [{ message: forged }] })
        expect(await fixture.countOf(ofKey)).toBe(2)
      })

      test('one that waited and is doubted then counts as handled no longer', async () => {
        const ofKey = key()
        const answer = told('Answer', ofKey, '/test/forger')
        expect(await store.handleOnce([answer], trusting)).toMatchObject({ handled: 1, suspicious: [] })
        const outcome = await store.handleOnce([told('Odd', ofKey)], trusting)
        expect(outcome).toMatchObject({ handled: 1, suspicious: [{ message: answer, reason: 'it is odd' }] })
        expect(await store.handleOnce([answer], react)).toMatchObject({ handled: 1, duplicates: 0 })
        expect(await fixture.countOf(ofKey)).toBe(2)
      })
    })
  })
}

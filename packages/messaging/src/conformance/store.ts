import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { causedBy, type Message, startedBy } from '../message.ts'
import type { MessageStore, React, Stored } from '../store.ts'
import { letter, outcomeOf, relayAll, relayOnce, type StoreFixture, untilDone } from './asking.ts'
import { doubtingConformance } from './doubting.ts'
import { oddLetterConformance } from './store-letters.ts'
import { waitingConformance } from './waiting.ts'

const incoming = (key: string = randomUUID()): Message => startedBy({ key }, { type: 'Asked', data: { n: 1 } })

/** Everything that `store.ts` promises, for one implementation. `setUp` gives each test an empty database. */
export const storeConformance = <Work>(name: string, setUp: () => Promise<StoreFixture<Work>>): void => {
  describe(`store conformance: ${name}`, () => {
    let fixture: StoreFixture<Work>
    let store: MessageStore<Work>
    const counting: React<Work> = async (work, fresh) => {
      for (const m of fresh) await fixture.count(work, m)
      return fresh.map((m) => causedBy(m, { type: 'Answered', data: { to: m.id } }))
    }
    const handleIn = (s: MessageStore<Work>, batch: readonly Message[]) => untilDone(() => s.handleOnce(batch, counting), s)
    const causes = (stored: readonly Stored[]) => stored.map((s) => s.message.causationId)

    beforeEach(async () => {
      fixture = await setUp()
      store = await fixture.open()
    })

    test('stores effects, ids and outgoing messages of a batch together', async () => {
      const batch = [incoming(), incoming(), incoming()]
      expect(await store.handleOnce(batch, counting)).toEqual(outcomeOf(3, 0))
      for (const m of batch) expect(await fixture.countOf(m.key)).toBe(1)
      expect(causes(await store.pending(10)).sort()).toEqual(batch.map((m) => m.id).sort())
    })

    test('an outgoing message comes back whole', async () => {
      const asked = { ...incoming(), traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' }
      const answer = causedBy(asked, {
        type: 'Answered',
        data: { text: 'grüße, {"$gt": ""}', list: [1, 2], nested: { 'a.b': null } },
      })
      await store.handleOnce([asked], async (work, [m]) => {
        await fixture.count(work, m as Message)
        return [answer]
      })
      expect((await store.pending(10)).map((s) => s.message)).toStrictEqual([answer])
    })

    test('what is absent in a message stays absent, also through a restart', async () => {
      const started = startedBy({ key: randomUUID(), traceparent: undefined }, { type: 'Began', data: {} })
      await store.handleOnce([started], async (work, [m]) => {
        await fixture.count(work, m as Message)
        return [started]
      })
      expect((await store.pending(10)).map((s) => s.message)).toStrictEqual([started])
      await fixture.kill(store)
      expect((await pendingSoon(await fixture.open())).map((s) => s.message)).toStrictEqual([started])
    })

    test('nothing is stored when a reaction throws', async () => {
      const batch = [incoming(), incoming()]
      const failing: React<Work> = async (work, fresh, doubt) => {
        await counting(work, fresh, doubt)
        throw new Error('refused')
      }
      await expect(store.handleOnce(batch, failing)).rejects.toThrow('refused')
      for (const m of batch) expect(await fixture.countOf(m.key)).toBe(0)
      expect(await store.pending(10)).toEqual([])
      expect(await store.handleOnce(batch, counting)).toEqual(outcomeOf(2, 0))
    })

    test('drops an id that was handled in an earlier batch', async () => {
      const once = incoming()
      await store.handleOnce([once], counting)
      const again = incoming(once.key)
      expect(await store.handleOnce([once, again], counting)).toEqual(outcomeOf(1, 1))
      expect(await fixture.countOf(once.key)).toBe(2)
      expect(await store.pending(10)).toHaveLength(2)
    })

    test('a batch of duplicates alone does not ask for reactions', async () => {
      const once = incoming()
      await store.handleOnce([once], counting)
      const unasked: React<Work> = () => Promise.reject(new Error('asked'))
      expect(await store.handleOnce([once, once], unasked)).toEqual(outcomeOf(0, 2))
    })

    test('drops an id that stands twice in the batch', async () => {
      const once = incoming()
      expect(await store.handleOnce([once, once, once], counting)).toEqual(outcomeOf(1, 2))
      expect(await fixture.countOf(once.key)).toBe(1)
    })

    test('the same messages at once in two processes have their effect once', async () => {
      const other = await fixture.open()
      const key = randomUUID()
      const batch = [incoming(key), incoming(), incoming(key), incoming()]
      const outcomes = await Promise.all([store, other, store, other].map((s) => handleIn(s, batch)))
      for (const m of batch) expect(await fixture.countOf(m.key)).toBe(m.key === key ? 2 : 1)
      expect(outcomes.reduce((sum, o) => sum + o.handled, 0)).toBeGreaterThanOrEqual(4)
      const told = new Set([...(await relayAll(store)), ...(await relayAll(other))].map((m) => m.causationId))
      expect(told).toEqual(new Set(batch.map((m) => m.id)))
    })

    test('different messages of one key at once in two processes are all counted', async () => {
      const other = await fixture.open()
      const key = randomUUID()
      const batches = Array.from({ length: 10 }, () => [incoming(key), incoming(key)])
      await Promise.all(batches.map((batch, i) => handleIn(i % 2 ? store : other, batch)))
      expect(await fixture.countOf(key)).toBe(20)
    })

    test('messages of one key are relayed in the order in which they were stored', async () => {
      const keys = [randomUUID(), randomUUID(), randomUUID()]
      const told: string[] = []
      for (let i = 0; i < 12; i++) {
        const batch = keys.map((key) => incoming(key))
        await store.handleOnce(batch, counting)
        told.push(...batch.map((m) => m.id))
        if (i % 3 === 0) await relayOnce(store, 5)
      }
      const rest = await relayAll(store)
      for (const key of keys) {
        const order = rest.filter((m) => m.key === key).map((m) => told.indexOf(m.causationId as string))
        expect(order).toEqual([...order].sort((a, b) => a - b))
      }
      expect(await store.pending(10)).toEqual([])
    })

    test('a crash between publishing and forgetting publishes again, in order', async () => {
      const key = randomUUID()
      const batch = [incoming(key), incoming(key)]
      await store.handleOnce(batch, counting)
      const published = causes(await store.pending(10))
      await fixture.kill(store)
      const next = await fixture.open()
      expect(causes(await pendingSoon(next))).toEqual(published)
    })

    test('what a killed process stored is relayed by the next one before what comes after it', async () => {
      const key = randomUUID()
      const [first, second] = [incoming(key), incoming(key)]
      await store.handleOnce([first], counting)
      await fixture.kill(store)
      const next = await fixture.open()
      await next.handleOnce([second], counting)
      expect((await relayAll(next)).map((m) => m.causationId)).toEqual([first.id, second.id])
    })

    test('two relays at once may send twice, but never in a new order and never less', async () => {
      const other = await fixture.open()
      const keys = Array.from({ length: 5 }, () => randomUUID())
      const told: string[] = []
      const topic: Message[] = []
      const relay = async (s: MessageStore<Work>) => topic.push(...(await relayOnce(s, 3)))
      for (let i = 0; i < 10; i++) {
        const batch = keys.map((key) => incoming(key))
        told.push(...batch.map((m) => m.id))
        await Promise.all([handleIn(i % 2 ? store : other, batch), relay(store), relay(other)])
      }
      for (const s of [store, other]) topic.push(...(await relayAll(s)))
      const seen = new Set(topic.map((m) => m.causationId as string))
      expect(seen.size).toBe(told.length)
      for (const key of keys) {
        const firsts = [...new Set(topic.filter((m) => m.key === key).map((m) => told.indexOf(m.causationId as string)))]
        expect(firsts).toEqual([...firsts].sort((a, b) => a - b))
      }
    })

    test('forgetting twice is harmless, and wakes come after each commit that stored messages', async () => {
      let woken = 0
      store.onStored(() => woken++)
      await store.handleOnce([incoming()], counting)
      await store.handleOnce([incoming()], async (work, [m]) => {
        await fixture.count(work, m as Message)
        return []
      })
      expect(woken).toBe(1)
      expect(await store.backlog()).toMatchObject({ count: 1 })
      const stored = await store.pending(10)
      await store.forget(stored)
      await store.forget(stored)
      expect(await store.pending(10)).toEqual([])
      expect(await store.backlog()).toEqual({ count: 0, oldestMs: 0 })
    })

    describe('dead letters', () => {
      const unasked: React<Work> = async () => {
        throw new Error('asked')
      }

      test('a failed message holds its key, and no other, in every process', async () => {
        const key = randomUUID()
        const [failed, later, elsewhere] = [incoming(key), incoming(key), incoming()]
        expect(await store.park([letter(failed)])).toEqual([letter(failed)])
        const next = await fixture.open()
        expect(await next.handleOnce([later, elsewhere], counting)).toEqual(outcomeOf(1, 0, [later]))
        expect(await fixture.countOf(key)).toBe(0)
        expect(await fixture.countOf(elsewhere.key)).toBe(1)
      })

      test('letters come back as they were set aside, in order, each once', async () => {
        const key = randomUUID()
        const letters = [letter(incoming(key)), letter(incoming(key), 'held'), letter(incoming(key), 'held')]
        await store.park(letters.slice(0, 2))
        expect(await store.park(letters.toReversed())).toHaveLength(3)
        expect(await store.letters({ key, limit: 10 })).toEqual(letters)
        expect(await store.letters({ id: letters[1]?.id, limit: 10 })).toEqual([letters[1]])
        expect(await store.letters({ limit: 1 })).toHaveLength(1)
        expect(await store.letterCounts()).toEqual({ undecodable: 0, failed: 1, held: 2, suspicious: 0, unsendable: 0 })
      })

      test('one that could not be decoded holds nothing', async () => {
        const message = incoming()
        await store.park([letter(message, 'undecodable')])
        expect(await store.handleOnce([incoming(message.key)], counting)).toMatchObject({ handled: 1, held: [] })
      })

      test('nothing is set aside behind a key that is not held any more', async () => {
        expect(await store.park([letter(incoming(), 'held')])).toEqual([])
        expect(await store.letters({ limit: 10 })).toEqual([])
      })

      test('handled in order, the letters leave and their key is free', async () => {
        const key = randomUUID()
        const [failed, held, later] = [incoming(key), incoming(key), incoming(key)]
        await store.park([letter(failed), letter(held, 'held')])
        expect(await store.handleParked(letter(failed), failed, counting)).toMatchObject({ handled: 1 })
        expect(await store.handleOnce([later], counting)).toMatchObject({ handled: 0, held: [later] })
        expect(await store.handleParked(letter(held, 'held'), held, counting)).toMatchObject({ handled: 1 })
        expect(await store.letters({ key, limit: 10 })).toEqual([])
        expect(await store.handleOnce([failed, held, later], counting)).toMatchObject({ handled: 1, duplicates: 2, held: [] })
        expect(await fixture.countOf(key)).toBe(3)
        expect((await relayAll(store)).map((m) => m.causationId)).toEqual([failed.id, held.id, later.id])
      })

      test('one that fails again stays where it is, with what went wrong', async () => {
        const failed = incoming()
        await store.park([letter(failed)])
        await expect(store.handleParked(letter(failed), failed, unasked)).rejects.toThrow('asked')
        const again = { ...letter(failed), failure: { ...letter(failed).failure, attempts: 6 } }
        await store.failedAgain(again)
        expect(await store.letters({ limit: 10 })).toEqual([again])
        expect(await store.handleOnce([incoming(failed.key)], counting)).toMatchObject({ handled: 0 })
      })

      test('one that was handled before has no second effect', async () => {
        const once = incoming()
        await store.handleOnce([once], counting)
        await store.park([letter(once)])
        expect(await store.handleParked(letter(once), once, counting)).toMatchObject({ handled: 0, duplicates: 1 })
        expect(await fixture.countOf(once.key)).toBe(1)
        expect(await store.letters({ limit: 10 })).toEqual([])
      })

      test('replayed in two processes at once it has its effect once', async () => {
        const other = await fixture.open()
        const failed = incoming()
        await store.park([letter(failed)])
        await Promise.all(
          [store, other, store, other].map((s) => untilDone(() => s.handleParked(letter(failed), failed, counting), s)),
        )
        expect(await fixture.countOf(failed.key)).toBe(1)
        expect(await store.letters({ limit: 10 })).toEqual([])
      })

      test('a discarded one has no effect, now or when it comes again', async () => {
        const [failed, later] = [incoming(), incoming()]
        await store.park([letter(failed)])
        await store.discard(letter(failed))
        expect(await store.letters({ limit: 10 })).toEqual([])
        expect(await store.handleOnce([failed, later], counting)).toEqual(outcomeOf(1, 1))
        expect(await fixture.countOf(failed.key)).toBe(0)
      })

      test('what is parked while the last letter of its key is handled is either held or to be handled', async () => {
        const other = await fixture.open()
        for (let round = 0; round < 10; round++) {
          const key = randomUUID()
          const [failed, later] = [incoming(key), incoming(key)]
          await store.park([letter(failed)])
          const [, parked] = await Promise.all([
            untilDone(() => store.handleParked(letter(failed), failed, counting), store),
            untilDone(() => other.park([letter(later, 'held')]), other),
          ])
          const open = await store.letters({ key, limit: 10 })
          expect(open).toEqual(parked)
          for (const one of open) await store.handleParked(one, later, counting)
          if (open.length === 0) expect(await store.handleOnce([later], counting)).toMatchObject({ handled: 1 })
          expect(await fixture.countOf(key)).toBe(2)
        }
      })
    })

    test('answers a ping', async () => {
      await store.ping()
    })
  })
  oddLetterConformance(name, setUp)
  waitingConformance(name, setUp)
  doubtingConformance(name, setUp)
}

/** The killed process's session may live for a moment in the server; asks until the new process is the relay, at most 10 s. */
const pendingSoon = async <Work>(store: MessageStore<Work>): Promise<readonly Stored[]> => {
  const deadline = performance.now() + 10_000
  for (;;) {
    const stored = await store.pending(10)
    if (stored.length > 0 || performance.now() > deadline) return stored
  }
}

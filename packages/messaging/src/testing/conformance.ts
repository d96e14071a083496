import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { causedBy, type Message, startedBy } from '../message.ts'
import type { MessageStore, React, Stored } from '../store.ts'

/** What the suite needs of a database: a service that counts the messages of each key. */
export interface StoreFixture<Work> {
  /** The store as one more process of the same service would open it. */
  open(): Promise<MessageStore<Work>>
  /** Ends a process that `open` began as a kill would: nothing is written down any more. */
  kill(store: MessageStore<Work>): Promise<void>
  /** Adds one to the count of the message's key, through the native handle. */
  count(work: Work, message: Message): Promise<void>
  /** The stored count of a key; 0 when there is none. */
  countOf(key: string): Promise<number>
}

const incoming = (key: string = randomUUID()): Message => startedBy({ key }, { type: 'Asked', data: { n: 1 } })

/** Everything that `store.ts` promises, for one implementation. `setUp` gives each test an empty database. */
export const storeConformance = <Work>(name: string, setUp: () => Promise<StoreFixture<Work>>): void => {
  describe(`${name} message store`, () => {
    let fixture: StoreFixture<Work>
    let store: MessageStore<Work>
    const counting: React<Work> = async (work, fresh) => {
      for (const m of fresh) await fixture.count(work, m)
      return fresh.map((m) => causedBy(m, { type: 'Answered', data: { to: m.id } }))
    }
    const causes = (stored: readonly Stored[]) => stored.map((s) => s.message.causationId)

    beforeEach(async () => {
      fixture = await setUp()
      store = await fixture.open()
    })

    test('stores effects, ids and outgoing messages of a batch together', async () => {
      const batch = [incoming(), incoming(), incoming()]
      expect(await store.handleOnce(batch, counting)).toEqual({ handled: 3, duplicates: 0 })
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
      const failing: React<Work> = async (work, fresh) => {
        await counting(work, fresh)
        throw new Error('refused')
      }
      await expect(store.handleOnce(batch, failing)).rejects.toThrow('refused')
      for (const m of batch) expect(await fixture.countOf(m.key)).toBe(0)
      expect(await store.pending(10)).toEqual([])
      expect(await store.handleOnce(batch, counting)).toEqual({ handled: 2, duplicates: 0 })
    })

    test('drops an id that was handled in an earlier batch', async () => {
      const once = incoming()
      await store.handleOnce([once], counting)
      const again = incoming(once.key)
      expect(await store.handleOnce([once, again], counting)).toEqual({ handled: 1, duplicates: 1 })
      expect(await fixture.countOf(once.key)).toBe(2)
      expect(await store.pending(10)).toHaveLength(2)
    })

    test('a batch of duplicates alone does not ask for reactions', async () => {
      const once = incoming()
      await store.handleOnce([once], counting)
      const unasked: React<Work> = async () => {
        throw new Error('asked')
      }
      expect(await store.handleOnce([once, once], unasked)).toEqual({ handled: 0, duplicates: 2 })
    })

    test('drops an id that stands twice in the batch', async () => {
      const once = incoming()
      expect(await store.handleOnce([once, once, once], counting)).toEqual({ handled: 1, duplicates: 2 })
      expect(await fixture.countOf(once.key)).toBe(1)
    })

    test('the same messages at once in two processes have their effect once', async () => {
      const other = await fixture.open()
      const key = randomUUID()
      const batch = [incoming(key), incoming(), incoming(key), incoming()]
      const outcomes = await Promise.all([store, other, store, other].map((s) => untilDone(s, batch, counting)))
      for (const m of batch) expect(await fixture.countOf(m.key)).toBe(m.key === key ? 2 : 1)
      expect(outcomes.reduce((sum, o) => sum + o.handled, 0)).toBeGreaterThanOrEqual(4)
      const told = new Set([...(await relayAll(store)), ...(await relayAll(other))].map((m) => m.causationId))
      expect(told).toEqual(new Set(batch.map((m) => m.id)))
    })

    test('different messages of one key at once in two processes are all counted', async () => {
      const other = await fixture.open()
      const key = randomUUID()
      const batches = Array.from({ length: 10 }, () => [incoming(key), incoming(key)])
      await Promise.all(batches.map((batch, i) => untilDone(i % 2 ? store : other, batch, counting)))
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
        await Promise.all([untilDone(i % 2 ? store : other, batch, counting), relay(store), relay(other)])
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

    test('answers a ping', async () => {
      await store.ping()
    })
  })
}

/** As a consumer does: what is transient (two transactions in each other's way) is tried again, a bounded number of times. */
const untilDone = async <Work>(store: MessageStore<Work>, batch: readonly Message[], react: React<Work>) => {
  for (let attempt = 0; ; attempt++) {
    try {
      return await store.handleOnce(batch, react)
    } catch (error) {
      if (attempt === 20 || !store.isTransient(error)) throw error
    }
  }
}

const relayOnce = async <Work>(store: MessageStore<Work>, limit: number): Promise<Message[]> => {
  const stored = await store.pending(limit)
  await store.forget(stored)
  return stored.map((s) => s.message)
}

const relayAll = async <Work>(store: MessageStore<Work>): Promise<Message[]> => {
  const all: Message[] = []
  for (let round = 0; round < 1_000; round++) {
    const relayed = await relayOnce(store, 7)
    if (relayed.length === 0) return all
    all.push(...relayed)
  }
  throw new Error('messages are still pending after 1,000 rounds')
}

/** The killed process's session may live for a moment in the server; asks until the new process is the relay, at most 10 s. */
const pendingSoon = async <Work>(store: MessageStore<Work>): Promise<readonly Stored[]> => {
  const deadline = Date.now() + 10_000
  for (;;) {
    const stored = await store.pending(10)
    if (stored.length > 0 || Date.now() > deadline) return stored
  }
}

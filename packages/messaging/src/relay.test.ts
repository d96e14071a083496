import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { MemoryDatabase } from './memory/index.ts'
import { service } from './testing/relaying.ts'

// The clock stands still but for what a test lets pass: what happens without it needed no rest.
beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const settle = () => pass(0)

describe('what is stored', () => {
  test('goes to the broker in bounded requests, per key in order, and is forgotten', async () => {
    const { store, kafka, tell, start } = service()
    await tell('a', 'b', 'a', 'a', 'b')
    start({ messagesMax: 2 })
    await settle()
    expect(kafka.requests).toEqual([['a1', 'a3'], ['a4', 'b2'], ['b5']])
    expect(await store.backlog()).toMatchObject({ count: 0 })
  })

  test('goes one request at a time; what comes meanwhile goes with the next', async () => {
    const { kafka, tell, start } = service()
    const release = kafka.hold()
    start()
    await tell('a')
    await settle()
    await tell('a', 'b', 'a')
    await settle()
    expect(kafka.requests).toEqual([['a1']])
    release()
    await settle()
    expect(kafka.requests).toEqual([['a1'], ['a2', 'a4', 'b3']])
    expect(kafka.state.underWayMax).toBe(1)
  })

  test('whatever fails, and whenever it was stored: it arrives, per key in order, and only a failure repeats', () => {
    const keys = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 6 })
    const rounds = fc.array(fc.record({ keys, failures: fc.nat({ max: 3 }) }), { maxLength: 5 })
    return fc.assert(
      fc.asyncProperty(rounds, fc.integer({ min: 1, max: 4 }), async (each, messagesMax) => {
        const { store, kafka, tell, start } = service()
        const relay = start({ messagesMax })
        let failures = 0
        for (const round of each) {
          kafka.state.failures = round.failures
          if (round.keys.length > 0) failures += round.failures
          await tell(...round.keys)
          await pass(round.keys.length > 0 ? 5_000 : 0)
        }
        kafka.state.failures = 0
        await relay.stop()
        const sent = each.flatMap((round) => round.keys).map((key, i) => `${key}${i + 1}`)
        expect(await store.backlog()).toMatchObject({ count: 0 })
        for (const key of ['a', 'b', 'c']) {
          const ofKey = (names: readonly string[]) => names.filter((name) => name.startsWith(key))
          expect(ofKey(kafka.acknowledged.flat()), 'acknowledged once').toEqual(ofKey(sent))
          expect(ofKey([...new Set(kafka.requests.flat())]), 'in order, should the broker have kept what failed').toEqual(
            ofKey(sent),
          )
        }
        expect(kafka.requests.length - kafka.acknowledged.length).toBe(failures)
      }),
      { numRuns: 200 },
    )
  })
})

describe('after a failure', () => {
  test('the same messages go again, not at once, and before any that was stored meanwhile', async () => {
    const { kafka, tell, start } = service()
    await tell('a', 'a')
    kafka.state.failures = 1
    const release = kafka.hold()
    start()
    await settle()
    await tell('a')
    release()
    await pass(49)
    expect(kafka.requests).toEqual([['a1', 'a2']])
    await pass(1)
    expect(kafka.requests.slice(1)).toEqual([['a1', 'a2', 'a3']])
  })

  test('it waits longer each time, up to 2 s, whoever wakes it; a success begins anew', async () => {
    const { kafka, tell, start } = service()
    kafka.state.failures = 9
    const relay = start()
    await tell('a')
    await settle()
    for (const delayMs of [50, 100, 200, 400, 800, 1_600, 2_000, 2_000]) {
      const before = kafka.requests.length
      relay.wake()
      await pass(delayMs - 1)
      expect(kafka.requests).toHaveLength(before)
      await pass(1)
      expect(kafka.requests).toHaveLength(before + 1)
    }
    await pass(2_000)
    kafka.state.failures = 1
    await tell('b')
    await pass(49)
    expect(kafka.requests).toHaveLength(11)
    await pass(1)
    expect(kafka.requests.slice(-2)).toEqual([['b2'], ['b2']])
  })

  test('to forget, what was published goes again: at least once', async () => {
    const { store, kafka, tell, start } = service()
    vi.spyOn(store, 'forget').mockRejectedValueOnce(new Error('database away'))
    await tell('a')
    start()
    await pass(50)
    expect(kafka.requests).toEqual([['a1'], ['a1']])
    expect(await store.backlog()).toMatchObject({ count: 0 })
  })

  test('to read, it tries again', async () => {
    const { store, kafka, tell, start } = service()
    vi.spyOn(store, 'pending').mockRejectedValueOnce(new Error('database away'))
    await tell('a')
    start()
    await pass(50)
    expect(kafka.requests).toEqual([['a1']])
  })
})

describe('a rest', () => {
  test('is cut short by a commit in this process', async () => {
    const { kafka, tell, start } = service()
    start()
    await settle()
    await tell('a')
    await settle()
    expect(kafka.requests).toEqual([['a1']])
  })

  test('lasts until the next poll for what another process stored, unless somebody wakes it', async () => {
    const shared = new MemoryDatabase<never>()
    const { kafka, start } = service(shared)
    const other = service(shared)
    const relay = start({ pollIntervalMs: 1_000 })
    await settle()
    await other.tell('a')
    await pass(999)
    expect(kafka.requests).toEqual([])
    await pass(1)
    expect(kafka.requests).toEqual([['a1']])
    await other.tell('b')
    relay.wake()
    await settle()
    expect(kafka.requests.slice(1)).toEqual([['b2']])
  })

  test('does not begin when it was woken while it looked', async () => {
    const { store, kafka, tell, start } = service()
    const looked = Promise.withResolvers<[]>()
    vi.spyOn(store, 'pending').mockReturnValueOnce(looked.promise)
    start()
    await tell('a')
    looked.resolve([])
    await settle()
    expect(kafka.requests).toEqual([['a1']])
  })
})

describe('when it is stopped', () => {
  test('it relays what is stored first, without rests', async () => {
    const { store, kafka, tell, start } = service()
    const relay = start({ messagesMax: 1 })
    await settle()
    const release = kafka.hold()
    await tell('a', 'a', 'b')
    const stopped = relay.stop()
    release()
    await stopped
    expect(kafka.requests.flat()).toEqual(['a1', 'a2', 'b3'])
    expect(await store.backlog()).toMatchObject({ count: 0 })
  })

  test('it stops at its limit; the rest stays stored for the next start', async () => {
    const shared = new MemoryDatabase<never>()
    const { kafka, tell, start } = service(shared)
    const release = kafka.hold()
    const relay = start({ messagesMax: 1 })
    await tell('a', 'a', 'a')
    await settle()
    const stopped = relay.stop(1_000)
    await pass(1_000)
    release()
    await stopped
    expect(kafka.requests).toEqual([['a1']])
    const next = service(shared)
    next.start()
    await settle()
    expect(next.kafka.requests).toEqual([['a2', 'a3']])
  })

  test.each([
    ['during a retry', 0],
    ['long after', 60_000],
  ])('it ends at once while the broker fails, and keeps the messages: %s', async (_name, afterMs) => {
    const { store, kafka, tell, start } = service()
    kafka.state.failures = Number.POSITIVE_INFINITY
    await tell('a')
    const relay = start()
    await pass(afterMs)
    await relay.stop()
    expect(await store.backlog()).toMatchObject({ count: 1 })
    expect(vi.getTimerCount()).toBe(0)
  })

  test('it ends at once while it rests, and looks no more', async () => {
    const { kafka, tell, start } = service()
    const relay = start()
    await settle()
    await relay.stop()
    await tell('a')
    relay.wake()
    await pass(120_000)
    expect(kafka.requests).toEqual([])
  })
})

test('a crash between publishing and forgetting: the next process publishes the same again', async () => {
  const shared = new MemoryDatabase<never>()
  const first = service(shared)
  vi.spyOn(first.store, 'forget').mockReturnValue(new Promise(() => {}))
  await first.tell('a', 'b', 'a')
  first.start()
  await settle()
  const second = service(shared)
  second.start()
  await settle()
  for (const { kafka } of [first, second]) expect(kafka.requests).toEqual([['a1', 'a3', 'b2']])
})

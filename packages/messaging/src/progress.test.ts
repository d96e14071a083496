import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import type { Catalogue } from './catalogue.ts'
import { letterOf } from './dead-letter.ts'
import type { Documents } from './documents.ts'
import { encode } from './envelope.ts'
import { MemoryMessageStore } from './memory/index.ts'
import { startedBy } from './message.ts'
import { watchHandler, watchHandling, watchProgress } from './progress.ts'
import { startRelay } from './relay.ts'
import { withAsides } from './set-aside.ts'
import { Abandoned, type Assignment, type ConsumedRecord } from './transport.ts'

const catalogue: Catalogue = {
  address: (type) => ({ ceType: type, source: '/test', topic: 'asks' }),
  ceTypeOf: (type) => type,
  lookup: (ceType) =>
    ceType === 'Asked' ? { type: ceType, schema: z.unknown(), consumed: true, source: '/test', topic: 'asks' } : undefined,
  compensates: () => false,
  isOtherVersion: () => false,
  deadLetterTopic: (topic) => `${topic}.dead-letter`,
}
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

let offset = 0
const ask = (key: number): ConsumedRecord => {
  const { value, headers } = encode(startedBy({ key: uuid(key) }, { type: 'Asked', data: {} }), catalogue)
  return { topic: 'asks', position: `3/${offset++}`, key: uuid(key), value: Buffer.from(String(value)), headers, timestampMs: 0 }
}
const placeOf = ({ topic, position }: ConsumedRecord) => ({ topic, position })

/** A consumer whose clock goes by hand; `broken` says what the database does with a call. */
const consumer = () => {
  let clock = 0
  const broken: { handling?: (ids: readonly string[]) => Error | undefined; parking?: Error; publishing?: Error } = {}
  const memory = new MemoryMessageStore<string[]>()
  const handled: string[] = []
  const letters: { readonly id: unknown; readonly kind: unknown; readonly error: unknown }[] = []
  const observe = { transaction: () => {}, deadLettered: () => {}, retried: () => {}, passedOver: () => {} }
  const options = {
    consumer: 'tester',
    catalogue,
    log,
    observe,
    attemptsMax: 2,
    react: async (_work: Documents<string[]>, fresh: readonly { readonly id: string }[]) => {
      handled.push(...fresh.map((m) => m.id))
      return []
    },
    store: {
      handleOnce: async (...[batch, react]: Parameters<typeof memory.handleOnce>) => {
        const error = broken.handling?.(batch.map((m) => m.id))
        if (error) throw error
        return memory.handleOnce(batch, react)
      },
      park: async (...[asked]: Parameters<typeof memory.park>) => {
        if (broken.parking) throw broken.parking
        return memory.park(asked)
      },
      letters: memory.letters.bind(memory),
      discard: memory.discard.bind(memory),
      isTransient: (error: unknown) => (error as Error).message.startsWith('away'),
    },
    publisher: {
      publish: async (records: readonly { readonly headers: Readonly<Record<string, string>> }[]) => {
        if (broken.publishing) throw broken.publishing
        for (const { headers } of records)
          letters.push({ id: headers.ce_id, kind: headers['dead-letter-kind'], error: headers['dead-letter-error'] })
      },
    },
  }
  const progress = watchProgress(() => clock)
  const watched = watchHandling<Documents<string[]>>(options, progress)
  const asides = withAsides(watched.options)
  const handle = watched.watch(asides.handle)
  const state = { abandoned: false }
  const assignment: Assignment = { abandoned: () => state.abandoned, heartbeat: async () => {} }
  return {
    broken,
    handled,
    letters,
    progress,
    state,
    handle: (...records: ConsumedRecord[]) => handle(records, assignment),
    later: (ms: number) => {
      clock += ms
    },
    ask: (record: ConsumedRecord) => asides.ask(placeOf(record)),
  }
}

beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0))
afterEach(() => vi.restoreAllMocks())

describe('a consumer', () => {
  test('that goes on stands nowhere', async () => {
    const { handle, later, progress } = consumer()
    await handle(ask(1))
    later(100_000)
    expect(progress.standstill()).toBeUndefined()
  })

  test('that repeats its work says since when, at which record and why, until it goes on', async () => {
    const { handle, later, progress, broken } = consumer()
    const record = ask(1)
    broken.handling = () => new Error('away: no connection')
    const running = handle(record)
    await vi.waitFor(() => expect(progress.standstill()?.reason).toBe('Error: away: no connection'))
    later(42_000)
    expect(progress.standstill()).toMatchObject({ forMs: 42_000, place: placeOf(record) })
    delete broken.handling
    await running
    expect(progress.standstill()).toBeUndefined()
  })

  test('that only drops copies on its way to what fails makes no progress', async () => {
    const { handle, later, progress, broken } = consumer()
    const [first, odd] = [ask(1), ask(2)]
    broken.handling = (ids) => (ids.includes(odd.headers.ce_id ?? '') ? new Error('for good') : undefined)
    broken.parking = new Error('for good')
    for (let call = 0; call < 4; call++) {
      await expect(handle(first, odd)).rejects.toThrow()
      later(10_000)
    }
    expect(progress.standstill()?.forMs).toBe(40_000)
  })

  test.each(['parking', 'publishing'] as const)('whose %s of a letter fails names the record of the letter', async (step) => {
    const { handle, later, progress, broken, state } = consumer()
    const [first, odd] = [ask(1), { ...ask(2), value: Buffer.from('{') }]
    broken[step] = new Error('away: 22021')
    const running = handle(first, odd)
    await vi.waitFor(() => expect(progress.standstill()?.reason).toContain('22021'))
    later(31_000)
    expect(progress.standstill()).toMatchObject({ forMs: 31_000, place: placeOf(odd) })
    state.abandoned = true
    await expect(running).rejects.toBeInstanceOf(Abandoned)
    later(20_000)
    expect(progress.standstill(), 'somebody else may have it now').toBeUndefined()
  })

  test('whose handler throws and is called again with the same counts from the first call on', async () => {
    let clock = 0
    const progress = watchProgress(() => clock)
    const failing = watchHandler(async () => {
      throw new TypeError('at its end')
    }, progress)
    const assignment: Assignment = { abandoned: () => false, heartbeat: async () => {} }
    const record = ask(1)
    for (let call = 0; call < 8; call++) {
      await expect(failing([record], assignment)).rejects.toThrow()
      clock += 5_000
    }
    expect(progress.standstill()).toMatchObject({ forMs: 40_000, reason: 'TypeError: at its end', place: placeOf(record) })
  })
})

test('a relay whose messages stay stored says so, and one that has nothing to do does not', async () => {
  let clock = 0
  const progress = watchProgress(() => clock)
  const store = new MemoryMessageStore<string[]>()
  let isAway = true
  const publisher = {
    publish: async () => {
      if (isAway) throw new Error('no broker')
    },
  }
  const relay = startRelay({ store, publisher, catalogue, log, pollIntervalMs: 5, progress })
  await store.handleOnce([startedBy({ key: uuid(1) }, { type: 'Asked', data: {} })], async (_work, [asked]) =>
    asked === undefined ? [] : [startedBy({ key: asked.key }, { type: 'Told', data: {} })],
  )
  await vi.waitFor(() => expect(progress.standstill()?.reason).toBe('Error: no broker'))
  clock += 12_000
  expect(progress.standstill()?.forMs).toBe(12_000)
  isAway = false
  await vi.waitFor(async () => expect((await store.backlog()).count).toBe(0))
  clock += 60_000
  await vi.waitFor(() => expect(progress.standstill()?.forMs ?? 0).toBeLessThan(1_000))
  await relay.stop()
})

describe('a record that is set aside by hand', () => {
  test('is so when it comes, in its turn, and holds its order', async () => {
    const { handle, handled, letters, ask: setAside } = consumer()
    const records = [ask(1), ask(1), ask(1), ask(2)] as const
    const asked = setAside(records[1])
    expect(asked.inHand).toBe(false)
    await handle(...records)
    expect(await asked.outcome).toBe('aside')
    expect(handled).toEqual([records[0].headers.ce_id, records[3].headers.ce_id])
    expect(letters).toEqual([
      { id: records[1].headers.ce_id, kind: 'failed', error: 'set aside by hand: its reaction was not tried' },
      { id: records[2].headers.ce_id, kind: 'held', error: expect.stringContaining('held behind') },
    ])
  })

  test('frees the consumer that repeats it, though every handling of it fails', async () => {
    const { handle, handled, letters, broken, progress, ask: setAside } = consumer()
    const [odd, good] = [ask(1), ask(2)]
    broken.handling = (ids) => (ids.includes(odd.headers.ce_id ?? '') ? new Error('away, it says') : undefined)
    const running = handle(odd, good)
    await vi.waitFor(() => expect(progress.standstill()?.reason).toContain('away'))
    const asked = setAside(odd)
    expect(asked.inHand).toBe(true)
    expect(await asked.outcome).toBe('aside')
    await running
    expect(handled).toEqual([good.headers.ce_id])
    expect(letters).toMatchObject([
      { id: odd.headers.ce_id, error: expect.stringContaining('handling fails before its reaction') },
    ])
  })

  test('but whose effect is there already just passes', async () => {
    const { handle, letters, ask: setAside } = consumer()
    const record = ask(1)
    await handle(record)
    const asked = setAside(record)
    await handle(record)
    expect(await asked.outcome).toBe('passed')
    expect(letters).toEqual([])
  })

  test('is given up with its chunk when the partitions are lost, and the wish stays', async () => {
    const { handle, letters, broken, state, ask: setAside } = consumer()
    const record = ask(1)
    broken.parking = new Error('away')
    const asked = setAside(record)
    const running = handle(record)
    await new Promise((resolve) => setTimeout(resolve, 30))
    state.abandoned = true
    await expect(running).rejects.toBeInstanceOf(Abandoned)
    state.abandoned = false
    delete broken.parking
    await handle(record)
    expect(await asked.outcome).toBe('aside')
    expect(letters).toHaveLength(1)
  })

  test('waits with at most 99 others', () => {
    const { ask: setAside } = consumer()
    for (let n = 0; n < 100; n++) setAside(ask(n))
    expect(() => setAside(ask(100))).toThrow(RangeError)
  })
})

test('nothing of a record is kept once it is set aside: it is large, and so is the fetch that it came with', async () => {
  const nothing = () => {}
  const handleOnce = async () => ({ handled: 0, duplicates: 0, held: [], suspicious: [] })
  const { options, watch } = watchHandling(
    {
      consumer: 'tester',
      catalogue,
      log,
      react: async () => [],
      publisher: { publish: async () => {} },
      observe: { transaction: nothing, deadLettered: nothing, retried: nothing, passedOver: nothing },
      store: {
        handleOnce,
        park: async (letters) => letters,
        letters: async () => [],
        discard: async () => {},
        isTransient: () => false,
      },
    },
    watchProgress(),
  )
  const failure = { kind: 'failed', error: '', attempts: 1, firstAt: '', lastAt: '' } as const
  const handle = watch(async (chunk) => {
    await options.store.park(chunk.map((record) => letterOf(record, failure)))
    await options.publisher.publish([])
  })
  const setAside = async () => {
    const record = ask(1)
    await handle([record], { abandoned: () => false, heartbeat: async () => {} })
    return new WeakRef(record)
  }
  const record = await setAside()
  setFlagsFromString('--expose-gc')
  await turn() // what a WeakRef was made for lives until then
  runInNewContext('gc')()
  expect(record.deref()).toBeUndefined()
})

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import type { Catalogue } from './catalogue.ts'
import { type DeadLettersOptions, deadLetters } from './dead-letters.ts'
import type { Documents } from './documents.ts'
import { encode } from './envelope.ts'
import { recordHandler } from './handling.ts'
import { MemoryMessageStore } from './memory/index.ts'
import { startedBy } from './message.ts'
import { settingAside } from './parking.ts'
import type { HandlingOptions } from './persisting.ts'
import type { ConsumedRecord, OutgoingRecord } from './transport.ts'

const catalogue: Catalogue = {
  address: (type) => ({ ceType: type, source: '/test', topic: 'asks' }),
  ceTypeOf: (type) => type,
  lookup: (ceType) => ({ type: ceType, schema: z.unknown(), consumed: true, source: '/test', topic: 'asks' }),
  isOtherVersion: () => false,
  compensates: (type) => type === 'Undo',
  deadLetterTopic: (topic) => `${topic}.dead-letter`,
}

const key = '00000000-0000-4000-8000-000000000001'
let position = 0
const recordOf = (type: string): ConsumedRecord => {
  const { value, headers } = encode(startedBy({ key }, { type, data: {} }), catalogue)
  return { topic: 'asks', position: `0/${position++}`, key, value: Buffer.from(String(value)), headers, timestampMs: 0 }
}

const quiet = () => {}
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
const observe = { transaction: quiet, deadLettered: quiet, retried: quiet, passedOver: quiet }

/** A consumer in which `Answer` waits for `Question` and is doubted, and whose other events fail for as long as it is told. */
const consumer = () => {
  const state = { failing: true, brokerIsAway: false, isLost: false }
  const copies: OutgoingRecord[] = []
  const store = new MemoryMessageStore<string[]>()
  store.waitFor(new Map([['Answer', ['Question']]]))
  const publish = async (records: readonly OutgoingRecord[]) => {
    if (state.brokerIsAway) throw new Error('no broker')
    copies.push(...records)
  }
  const react: DeadLettersOptions<Documents<string[]>>['react'] = async (work, fresh, doubt) => {
    for (const message of fresh)
      if (message.type === 'Answer') doubt(message, 'it is odd')
      else if (state.failing) throw new TypeError('for now')
      else work.set(key, [...(work.get(key) ?? []), message.type])
    return []
  }
  const handling: HandlingOptions<Documents<string[]>> = {
    consumer: 'tester',
    catalogue,
    store,
    react,
    publisher: { publish },
    log,
    observe,
    attemptsMax: 1,
    pause: async () => {},
  }
  const handle = recordHandler(handling)
  return {
    state,
    copies,
    store,
    handle: (record: ConsumedRecord) => handle([record], { abandoned: () => state.isLost, heartbeat: async () => {} }),
    letters: deadLetters({ ...handling, store, setAside: settingAside(handling) }),
  }
}

describe('what had waited for the event of a letter and is doubted once that is replayed', () => {
  test('is set aside as any other: with a letter, and a copy on the dead-letter topic', async () => {
    const { state, copies, store, handle, letters } = consumer()
    const answer = recordOf('Answer')
    await handle(answer)
    await handle(recordOf('Question'))
    expect(copies.map((c) => c.headers['dead-letter-kind'])).toEqual(['failed'])
    state.failing = false
    expect(await letters.replay({ all: true })).toMatchObject([{ outcome: 'handled' }])
    expect(await store.letters({ limit: 10 })).toMatchObject([
      { record: { position: answer.position }, failure: { kind: 'suspicious' } },
    ])
    expect(copies[1]?.headers).toMatchObject({ ce_id: answer.headers.ce_id, 'dead-letter-kind': 'suspicious' })
  })

  test('has its letter alone when the broker stays away; the replay does not wait for ever', async () => {
    const { state, copies, store, handle, letters } = consumer()
    await handle(recordOf('Answer'))
    await handle(recordOf('Question'))
    Object.assign(state, { failing: false, brokerIsAway: true })
    expect(await letters.replay({ all: true })).toMatchObject([{ outcome: 'handled' }])
    expect(await store.letters({ limit: 10 })).toMatchObject([{ failure: { kind: 'suspicious' } }])
    expect(copies).toHaveLength(1)
  })
})

test('what had waited and is doubted is set aside also when the partitions are lost meanwhile', async () => {
  const { state, copies, store, handle } = consumer()
  const answer = recordOf('Answer')
  await handle(answer)
  Object.assign(state, { failing: false, isLost: true })
  await handle(recordOf('Question'))
  expect(await store.letters({ limit: 10 })).toMatchObject([{ record: { position: answer.position } }])
  expect(copies.map((c) => c.headers.ce_id)).toEqual([answer.headers.ce_id])
})

describe('a compensation that failed', () => {
  beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2026-01-01T12:00:00Z') }))
  afterEach(() => void vi.useRealTimers())

  test('is tried again after a while, not at once', async () => {
    const { state, handle, letters } = consumer()
    await handle(recordOf('Undo'))
    state.failing = false
    expect(await letters.retryCompensations()).toEqual([])
    vi.setSystemTime(Date.now() + 2_000)
    expect(await letters.retryCompensations()).toMatchObject([{ outcome: 'handled' }])
  })

  test('is tried again also when the clock has been set back', async () => {
    const { state, handle, letters } = consumer()
    await handle(recordOf('Undo'))
    state.failing = false
    vi.setSystemTime(Date.now() - 3_600_000)
    expect(await letters.retryCompensations()).toMatchObject([{ outcome: 'handled' }])
  })
})

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Catalogue } from './catalogue.ts'
import { deadLetters } from './dead-letters.ts'
import { catalogue, log, service } from './testing/relaying.ts'
import { Unsendable } from './transport.ts'

// The clock stands still but for what a test lets pass: what happens without it needed no rest.
beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const settle = () => pass(0)

describe('a message that the broker never takes', () => {
  test('is set aside and shown; later ones of its key wait behind it, others go on', async () => {
    const { store, kafka, tell, start } = service()
    kafka.state.refused.add('b2')
    await tell('a', 'b', 'b', 'c')
    start()
    await settle()
    await tell('b', 'a')
    await settle()
    expect(kafka.acknowledged.flat()).toEqual(['a1', 'c4', 'a6'])
    expect(await store.backlog()).toMatchObject({ count: 3 })
    const [letter, ...others] = await store.letters({ limit: 10 })
    expect(others).toEqual([])
    expect(letter).toMatchObject({
      record: { topic: 'told', key: 'b', value: Buffer.from('2') },
      failure: { kind: 'unsendable', error: 'Unsendable: too large ' },
    })
    const before = kafka.requests.length
    await pass(180_000)
    expect(kafka.requests, 'nothing is tried again and again').toHaveLength(before)
  })

  test('goes once it is replayed, before what waited behind it', async () => {
    const { store, kafka, tell, start } = service()
    kafka.state.refused.add('b1')
    await tell('b', 'b')
    start()
    await settle()
    kafka.state.refused.clear()
    const letters = deadLetters({ store, catalogue, react: async () => [], log, setAside: async () => {} })
    const [listed] = await letters.list({ limit: 10 })
    expect(listed).toMatchObject({ needsAttention: true, letter: { record: { value: null } } })
    expect(await letters.discard({ all: true })).toMatchObject([{ outcome: 'refused' }])
    expect(await letters.retryCompensations()).toEqual([])
    expect(await letters.replay({ all: true })).toMatchObject([{ outcome: 'released' }])
    await settle()
    expect(kafka.acknowledged.flat()).toEqual(['b1', 'b2'])
    expect(await store.letters({ limit: 10 })).toEqual([])
  })

  test('is set aside also when this release does not know its type', async () => {
    const { store, kafka, tell, start } = service()
    await tell('a', 'b')
    const known = catalogue.address
    let asked = 0
    const address: Catalogue['address'] = (type) => {
      if (asked++ === 0) throw new Error('unknown')
      return known(type)
    }
    start({ catalogue: { ...catalogue, address } })
    await settle()
    expect(kafka.acknowledged.flat()).toEqual(['b2'])
    expect(await store.letters({ limit: 10 })).toMatchObject([{ record: { key: 'a' }, failure: { kind: 'unsendable' } }])
  })

  test('of another caller with which a request was shared is none of ours: ours go again', async () => {
    const { store, kafka, tell, start } = service()
    const publish = vi.spyOn(kafka, 'publish')
    publish.mockRejectedValueOnce(new Unsendable({ topic: 'x', key: null, value: null, headers: {} }, 'theirs'))
    await tell('a')
    start()
    await pass(50)
    expect(kafka.acknowledged.flat()).toEqual(['a1'])
    expect(await store.letters({ limit: 10 })).toEqual([])
  })
})

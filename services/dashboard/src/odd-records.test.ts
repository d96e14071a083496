import { allTopics } from '@shop/choreography'
import type { ConsumedRecord } from '@shop/messaging'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { applySafely } from './apply-safely.ts'
import { Feed } from './feed.ts'
import { summaryOf } from './order.ts'
import { Projection } from './projection.ts'
import { sagaView } from './saga-view.ts'
import { Store } from './store.ts'
import { outgoing, paths, sagaOf, Topics } from './testing/records.ts'
import { serve } from './testing/served.ts'
import { openStream } from './testing/sse.ts'

const quiet = { error: () => {} }
const [placed, captured] = sagaOf(paths.confirmed) as [ReturnType<typeof sagaOf>[0], ReturnType<typeof sagaOf>[0]]
const orderId = placed.key
const out = outgoing(placed)

/** A projection that has taken them, and no chunk of them twice. */
const taken = (records: readonly ConsumedRecord[]): Projection => {
  const projection = new Projection(new Store())
  projection.apply(records)
  return projection
}

describe('a record that is odd is taken as far as it goes', () => {
  test('OrderPlaced with an added field called reason', () => {
    const data = { ...(placed.data as object), reason: { code: 'gift' } }
    const { store } = taken([new Topics().record({ ...out, value: JSON.stringify(data) })])
    expect(store.orders({ limit: 9 }).map(summaryOf)).toMatchObject([{ orderId, customerId: 'alice', total: 4_990 }])
    expect(store.order(orderId)?.reason).toBeNull()
    expect(sagaView(store, orderId)?.events[0]?.data, 'shown as it came').toMatchObject({ reason: { code: 'gift' } })
  })

  test.each([-9e15, 9e15, -1, 0, Number.NaN])('an event and a letter with the timestamp %s', (timestampMs) => {
    const topics = new Topics()
    const { store } = taken([topics.record(out, timestampMs), { ...topics.letter(captured, 'inventory'), timestampMs }])
    const view = sagaView(store, orderId)
    expect(view?.events[0]).toMatchObject({ at: placed.at, writtenAt: placed.at })
    expect(view?.deadLetters).toHaveLength(1)
  })

  test.each([
    '2026-02-30T10:00:00Z',
    '2026-01-01T00:00:00.000+99:99',
    '9999-12-31T23:59:59-23:59',
    '0000-01-01T00:00:00Z',
    'soon',
  ])('an event whose ce_time is %s', (time) => {
    const now = Date.now()
    const { store } = taken([new Topics().record({ ...out, headers: { ...out.headers, ce_time: time } }, now)])
    const order = store.order(orderId)
    if (order !== undefined && order.events > 0) expect(Date.parse(summaryOf(order).firstAt)).toBeGreaterThan(0)
    expect(() => sagaView(store, orderId)).not.toThrow()
  })

  test('a letter whose headers tell nonsense', () => {
    const topics = new Topics()
    const nonsense = {
      attempts: '1e999',
      'first-at': 'x'.repeat(5_000),
      'last-at': '+275760-09-13',
      'event-id': 'y'.repeat(5_000),
      kind: '?',
    }
    const headers = Object.fromEntries(Object.entries(nonsense).map(([name, text]) => [`dead-letter-${name}`, text]))
    const letter = topics.letter(captured, 'inventory')
    const { store } = taken([topics.event(placed), { ...letter, headers: { ...letter.headers, ...headers } }])
    const [shown] = sagaView(store, orderId)?.deadLetters ?? []
    expect(shown).toMatchObject({ attempts: 1, kind: 'failed', firstAt: new Date(letter.timestampMs).toISOString() })
    expect(shown?.eventId?.length).toBeLessThanOrEqual(100)
  })

  test('an event with an added field that is nested 20,000 deep', () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
    const value = `{"extra":${deep},${JSON.stringify(placed.data).slice(1)}`
    const { store } = taken([new Topics().record({ ...out, value })])
    expect(sagaView(store, orderId)?.events[0]?.data).not.toHaveProperty('extra')
  })
})

test('a record that cannot be taken all the same is passed over, once, and the others are taken', () => {
  const topics = new Topics()
  const store = new Store()
  const projection = new Projection(store)
  const saga = sagaOf(paths.confirmed).map((m) => topics.event(m))
  const addEvent = store.addEvent.bind(store)
  vi.spyOn(store, 'addEvent').mockImplementation((id, event) => {
    if (event.type === 'StockReserved') throw new TypeError('no place for it')
    addEvent(id, event)
  })
  const log = { error: vi.fn() }
  const changes = applySafely(projection, saga, log)
  expect(changes.reduce((sum, c) => sum + c.events, 0)).toBe(4)
  expect(projection.totals()).toMatchObject({ CONFIRMED: 1, leftOut: 1 })
  expect(log.error).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ record: 'shop.inventory/0@0', err: expect.any(TypeError) }),
    expect.any(String),
  )
  vi.restoreAllMocks()
  expect(applySafely(projection, saga, log).flatMap((c) => c.orders)).toEqual([])
  expect(new Projection(store).totals().leftOut, 'also by the next process').toBe(1)
})

test('what the store cannot do for its own sake passes nothing over', () => {
  const store = new Store()
  const projection = new Projection(store)
  store.close()
  expect(() => applySafely(projection, [new Topics().event(placed)], quiet)).toThrow()
})

test('no record whatever stops the projection, or the view of an order', { timeout: 30_000 }, () => {
  const topics = [...allTopics().events, ...allTopics().deadLetters]
  const names = ['ce_id', 'ce_type', 'ce_time', 'ce_correlationid', 'ce_causationid', 'traceparent', 'x']
  const letterNames = ['topic', 'partition', 'offset', 'kind', 'error', 'attempts', 'first-at', 'last-at', 'event-id'].map(
    (n) => `dead-letter-${n}`,
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\0', '', '1e400', 'constructor', '__proto__', out.headers.ce_type ?? ''),
  )
  const headers = fc.dictionary(fc.constantFrom(...names, ...letterNames), text)
  const value = fc.oneof(
    fc.constant(null),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.json().map((json) => Buffer.from(json)),
    fc.object().map((extra) => Buffer.from(JSON.stringify({ ...extra, ...(placed.data as object) }))),
    fc.record({ total: fc.anything(), reason: fc.anything(), currency: fc.anything() }).map((odd) => {
      const json = JSON.stringify({ ...(placed.data as object), ...odd }, (_name, v) => (typeof v === 'bigint' ? String(v) : v))
      return Buffer.from(json)
    }),
  )
  const timestampMs = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.constantFrom(-9e15, 9e15, 0), fc.double())
  const record = fc.record({
    topic: fc.constantFrom(...topics),
    key: fc.oneof(fc.constant(null), fc.constant(orderId), text),
    value,
    headers: fc.tuple(fc.boolean(), headers).map(([sound, odd]) => ({ ...(sound ? out.headers : {}), ...odd })),
    timestampMs,
  })
  const chunks = fc.array(fc.array(record, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(chunks, (given) => {
      const store = new Store()
      const projection = new Projection(store)
      let offset = 0
      const good = new Topics()
      for (const chunk of given) {
        projection.apply(chunk.map((r) => ({ ...r, position: `1/${offset++}` }))) // unguarded: nothing may be left out
        sagaView(store, orderId)
      }
      const saga = sagaOf(paths.confirmed)
      projection.apply(saga.map((m) => good.event(m)))
      expect(store.order(saga[0]?.key ?? '')?.state).toBe('CONFIRMED')
      for (const order of store.orders({ limit: 100 })) JSON.stringify(summaryOf(order))
      projection.forget({ ms: 1_000, ordersMax: 0 })
      store.close()
    }),
    { numRuns: 100 },
  )
})

describe('pages', () => {
  afterEach(() => void vi.restoreAllMocks())

  test('one listener that throws costs the others nothing, and the process neither', async () => {
    const projection = new Projection(new Store())
    const errors: unknown[] = []
    const feed = new Feed(projection, (error) => errors.push(error))
    feed.listen(() => {
      throw new RangeError('Invalid time value')
    })
    const heard = vi.fn()
    feed.listen(heard)
    feed.tell(projection.apply([new Topics().event(placed)]))
    await vi.waitFor(() => expect(heard).toHaveBeenCalled())
    expect(errors).toEqual([expect.any(RangeError)])
    feed.stop()
  })

  test('a page that streams an order is shown it, also when it was placed in no time there is', async () => {
    const served = await serve()
    const stream = await openStream(`${served.url}/api/stream?order=${orderId}`, {})
    await stream.message('saga-unknown')
    served.take([new Topics().record(out, -9e15)])
    expect((await stream.message('saga')).order.orderId).toBe(orderId)
    stream.close()
    await served.close()
  })
})

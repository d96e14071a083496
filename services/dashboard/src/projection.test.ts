import type { ConsumedRecord } from '@shop/messaging'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { summaryOf } from './order.ts'
import { Projection } from './projection.ts'
import { Store } from './store.ts'
import { paths, sagaOf, Topics } from './testing/records.ts'

const projection = () => new Projection(new Store())

/** All that the store shows, without the times at which it was read. */
const shown = ({ store }: Projection) => ({
  orders: store.orders({ limit: 1_000 }).map(summaryOf),
  figures: [...store.figures()].filter(([, n]) => n !== 0).sort(),
  series: store.series(0).filter(({ value }) => value !== 0),
  events: store.orders({ limit: 1_000 }).map((o) => store.events(o.orderId, 1_000).map(({ seenAt: _, ...e }) => e)),
  letters: store.orders({ limit: 1_000 }).map((o) => store.letters(o.orderId, 1_000)),
})

const chunksOf = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))

/** Takes from the topics in turn as `picks` says: the order within each stays. */
const interleave = (byTopic: readonly (readonly ConsumedRecord[])[], picks: readonly number[]): ConsumedRecord[] => {
  const rest = byTopic.map((records) => [...records])
  const out: ConsumedRecord[] = []
  for (let i = 0; rest.some((r) => r.length > 0); i++) {
    const open = rest.filter((r) => r.length > 0)
    out.push(open[(picks[i % picks.length] ?? 0) % open.length]?.shift() as ConsumedRecord)
  }
  return out
}

describe('an order', () => {
  test('is confirmed, with what its events tell', () => {
    const p = projection()
    const topics = new Topics()
    const saga = sagaOf(paths.confirmed, { beganAt: Date.parse('2026-01-01T00:00:00Z'), stepMs: 100 })
    p.apply(saga.map((m) => topics.event(m)))
    expect(p.store.orders({ limit: 10 }).map(summaryOf)).toEqual([
      {
        orderId: saga[0]?.key,
        state: 'CONFIRMED',
        customerId: 'alice',
        total: 4_990,
        currency: 'EUR',
        firstAt: '2026-01-01T00:00:00.000Z',
        lastAt: '2026-01-01T00:00:00.400Z',
        lastType: 'OrderConfirmed',
        endedAt: '2026-01-01T00:00:00.400Z',
        durationMs: 400,
        events: 5,
        duplicates: 0,
        deadLetters: 0,
        compensated: false,
        waitingFor: [],
      },
    ])
    expect(p.figure('edge:StockReserved>DeliveryScheduled')).toBe(1)
    expect(p.figure('start:OrderPlaced')).toBe(1)
    expect(p.totals()).toMatchObject({ CONFIRMED: 1, PENDING: 0, all: 1, events: 5 })
  })

  test('waits for whoever has to react, also before its first event was seen', () => {
    const p = projection()
    const topics = new Topics()
    const [placed, captured] = sagaOf(paths.confirmed).map((m) => topics.event(m))
    p.apply([captured as ConsumedRecord])
    expect(p.store.orders({ limit: 1 }).map(summaryOf)).toMatchObject([{ state: 'PENDING', waitingFor: ['inventory'] }])
    p.apply([placed as ConsumedRecord])
    expect(p.store.orders({ limit: 1 }).map(summaryOf)).toMatchObject([{ customerId: 'alice', waitingFor: ['inventory'] }])
  })

  test('keeps copies and dead letters apart from its events', () => {
    const p = projection()
    const topics = new Topics()
    const saga = sagaOf(paths.outOfStock)
    const [, captured] = saga
    if (captured === undefined) throw new Error('no such event')
    p.apply([...saga.map((m) => topics.event(m)), topics.event(captured), topics.letter(captured, 'inventory')])
    expect(p.store.orders({ limit: 1 }).map(summaryOf)).toMatchObject([
      { state: 'CANCELLED', reason: 'out_of_stock', compensated: true, events: 5, duplicates: 1, deadLetters: 1 },
    ])
    expect(p.store.events(captured.key, 10).filter((e) => e.copyOf !== null)).toMatchObject([{ copyOf: 'shop.payment/0/0' }])
    expect(p.store.letters(captured.key, 10)).toMatchObject([{ consumer: 'inventory', error: 'boom', attempts: 3 }])
    expect(p.totals()).toMatchObject({ events: 5, duplicates: 1, deadLetters: 1 })
  })

  test('keeps its events whatever else comes under its key, and not all of that', () => {
    const p = projection()
    const topics = new Topics()
    const [placed, ...later] = sagaOf(paths.confirmed).map((m) => topics.event(m))
    if (placed === undefined) throw new Error('no such event')
    const rubbish = () => topics.record({ topic: 'shop.order', key: placed.key, value: 'rubbish', headers: {} })
    p.apply([placed, ...Array.from({ length: 600 }, rubbish), ...later])
    const [order] = p.store.orders({ limit: 1 })
    expect(order).toMatchObject({ state: 'CONFIRMED', events: 5, duplicates: 0, omitted: 101 })
    expect(p.store.events(placed.key ?? '', 1_000)).toHaveLength(504)
  })

  test('is not made of what no event can be read from, and that is kept when it exists', () => {
    const p = projection()
    const topics = new Topics()
    const saga = sagaOf(paths.confirmed.slice(0, 1))
    const [placed] = saga.map((m) => topics.event(m))
    if (placed === undefined) throw new Error('no such event')
    p.apply([topics.record({ topic: 'shop.order', key: placed.key, value: 'rubbish', headers: placed.headers })])
    expect(p.store.orders({ limit: 1 })).toEqual([])
    expect(p.totals().all).toBe(0)
    p.apply([{ ...placed, position: '0/2' }])
    expect(p.store.orders({ limit: 1 })).toMatchObject([{ state: 'PENDING', events: 1 }])
    expect(p.store.events(placed.key ?? '', 10).map((e) => e.type)).toContain('(undecodable)')
  })
})

test('the same view comes of the topics in whatever order and chunks they are read, also when parts are read twice', () => {
  const saga = fc.constantFrom(...Object.values(paths)).chain((path) =>
    fc.record({
      types: fc.integer({ min: 1, max: path.length }).map((n) => path.slice(0, n)),
      again: fc.nat(6),
      dead: fc.nat(6),
    }),
  )
  const reading = fc.record({ picks: fc.array(fc.nat(9), { minLength: 1, maxLength: 20 }), size: fc.integer({ min: 1, max: 9 }) })
  fc.assert(
    fc.property(fc.array(saga, { minLength: 1, maxLength: 4 }), reading, reading, (sagas, one, other) => {
      const topics = new Topics()
      const records = sagas.flatMap(({ types, again, dead }, n) => {
        const messages = sagaOf(types, { beganAt: 1_767_225_600_000 + n * 1_000 })
        const repeated = messages.slice(again, again + 1)
        return [
          ...[...messages, ...repeated].map((m) => topics.event(m)),
          ...messages.slice(dead, dead + 1).map((m) => topics.letter(m, m.type.startsWith('Order') ? 'notification' : 'order')),
        ]
      })
      const byTopic = [...new Set(records.map((r) => r.topic))].map((t) => records.filter((r) => r.topic === t))
      const [first, second] = [one, other].map(({ picks, size }) => {
        const p = projection()
        for (const chunk of chunksOf(interleave(byTopic, picks), size)) {
          p.apply(chunk, 1_767_225_700_000)
          p.apply(chunk, 1_767_225_700_000)
        }
        return shown(p)
      })
      expect(first).toEqual(second)
      expect(first?.orders).toHaveLength(sagas.length)
    }),
    { numRuns: 60 },
  )
})

test('forgets the oldest beyond its bounds, a bounded number at a time', () => {
  const p = projection()
  const topics = new Topics()
  const day = 86_400_000
  const sagas = [3, 2, 1, 0].map((daysAgo) => sagaOf(paths.confirmed, { beganAt: Date.now() - daysAgo * day }))
  p.apply(sagas.flatMap((s) => s.map((m) => topics.event(m))))
  expect(p.forget({ ms: 2.5 * day, ordersMax: 10 })).toBe(1)
  expect(p.forget({ ms: 2.5 * day, ordersMax: 2 })).toBe(1)
  expect(p.forget({ ms: 2.5 * day, ordersMax: 2 })).toBe(0)
  expect(p.store.orders({ limit: 10 }).map((o) => o.orderId)).toEqual([sagas[3]?.[0]?.key, sagas[2]?.[0]?.key])
  expect(p.totals()).toMatchObject({ CONFIRMED: 2, all: 2, events: 20 })
  expect(p.store.events(sagas[0]?.[0]?.key ?? '', 10)).toEqual([])
})

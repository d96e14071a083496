import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isAheadOf, Projection } from './projection.ts'
import { Store } from './store.ts'
import { paths, sagaOf, Topics } from './testing/records.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dashboard-store-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const filled = (): { store: Store; records: ReturnType<Topics['event']>[] } => {
  const topics = new Topics()
  const records = [paths.confirmed, paths.outOfStock, paths.confirmed.slice(0, 2)].flatMap((path) =>
    sagaOf(path).map((m) => topics.event(m)),
  )
  const store = new Store(folder)
  new Projection(store).apply(records)
  return { store, records }
}

describe('a store', () => {
  test('goes on where it was closed, and drops what it has read', () => {
    const { store, records } = filled()
    store.close()
    const again = new Store(folder)
    const projection = new Projection(again)
    expect(again.id).toBe(store.id)
    expect(projection.apply(records).events).toBe(0)
    expect(projection.totals()).toMatchObject({ CONFIRMED: 1, CANCELLED: 1, PENDING: 1, events: 12 })
    again.close()
  })

  test('keeps nothing of a chunk that failed', () => {
    const { store } = filled()
    const before = store.positions()
    expect(() =>
      store.transaction(() => {
        store.savePosition('shop.order', 0, 99)
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(store.positions()).toEqual(before)
    store.close()
  })

  test('is begun anew, under another id, when its file is damaged', () => {
    const { store } = filled()
    store.close()
    writeFileSync(join(folder, 'dashboard.sqlite'), 'not a database, but longer than the header of one '.repeat(10))
    const again = new Store(folder)
    expect(again.id).not.toBe(store.id)
    expect(again.orders({ limit: 10 })).toEqual([])
    again.close()
  })

  test('that was filled from other topics is noticed, and a new one after it was thrown away', () => {
    const { store } = filled()
    const positions = new Projection(store).positions()
    const topic = (end: number) => ({
      ...({ topic: 'shop.order', kind: 'events', service: 'order', records: end } as const),
      partitions: [{ partition: 0, begin: 0, end }],
    })
    const end = store.positions().get('shop.order/0') ?? 0
    expect(isAheadOf(positions, [topic(end)])).toBe(false)
    expect(isAheadOf(positions, [topic(end - 1)])).toBe(true)
    store.discard()
    store.close()
    const again = new Store(folder)
    expect(again.id).not.toBe(store.id)
    expect(again.orders({ limit: 10 })).toEqual([])
    again.close()
  })

  test('lists by state, customer and silence, page by page, newest first', () => {
    const store = new Store(folder)
    const topics = new Topics()
    const now = Date.now()
    const sagas = [
      ...[50, 40, 30].map((s) => sagaOf(paths.confirmed.slice(0, 2), { beganAt: now - s * 1_000 })),
      ...[20, 10].map((s) => sagaOf(paths.confirmed, { beganAt: now - s * 1_000 })),
    ]
    new Projection(store).apply(sagas.flatMap((s) => s.map((m) => topics.event(m))))
    const ids = sagas.map((s) => s[0]?.key)
    const list = (query: Omit<Parameters<Store['orders']>[0], 'limit'>) =>
      store.orders({ ...query, limit: 2 }).map((o) => ids.indexOf(o.orderId))
    expect(list({})).toEqual([4, 3])
    expect(list({ state: 'PENDING' })).toEqual([2, 1])
    expect(list({ state: 'CONFIRMED', customerId: 'bob' })).toEqual([])
    expect(list({ quietSince: now - 35_000 })).toEqual([1, 0])
    const last = store.orders({ limit: 2 }).at(-1)
    if (last === undefined) throw new Error('no order')
    expect(list({ after: last })).toEqual([2, 1])
    store.close()
  })
})

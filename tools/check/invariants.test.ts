import { describe, expect, test } from 'vitest'
import type { Order } from '../../services/order/src/order.ts'
import { invariants, judge } from './invariants.ts'
import { OrderFiles } from './order-files.ts'
import { type EventRecord, handledAs, placeOf, type Snapshot } from './snapshot.ts'
import { inEvents } from './testing/planted/in-events.ts'
import { inStates } from './testing/planted/in-states.ts'
import { laterId, orderOf, recordOf } from './testing/planted/planting.ts'
import { type MutableShop, outcomes, soundShop } from './testing/sound-shop.ts'

const verdictsOf = (shop: MutableShop) => judge(shop as Snapshot)
const defects = [...inStates, ...inEvents]

describe('the invariants', () => {
  test('hold in a sound shop with orders of every outcome', () => {
    expect(verdictsOf(soundShop()).filter((v) => v.outcome !== 'holds')).toEqual([])
  })

  test('are about something there', () => {
    const [ended] = verdictsOf(soundShop())
    expect(ended?.figures).toEqual({ orders: 2 * outcomes.length, confirmed: 6, cancelled: 8, open: 0 })
    for (const { id, figures } of verdictsOf(soundShop()))
      if (id !== 'outboxes-empty') expect(Math.max(...Object.values(figures)), id).toBeGreaterThan(0)
  })

  test.each(defects)('$id: $what', ({ id, alsoBreaks, plant }) => {
    const shop = soundShop()
    plant(shop)
    const violated = verdictsOf(shop).filter((v) => v.outcome === 'violated')
    expect(violated.map((v) => v.id).toSorted()).toEqual([id, ...alsoBreaks].toSorted())
  })

  test('are each shown to be able to fail', () => {
    // those of the variants: variants.test.ts
    const everywhere = invariants.filter((i) => i.onlyIn === undefined)
    expect([...new Set(defects.map((d) => d.id))].toSorted()).toEqual(everywhere.map((i) => i.id).toSorted())
  })

  /** A delivery of an order that was never paid for, which nobody believed. */
  const forge = (shop: MutableShop, changes: Partial<EventRecord>): EventRecord => {
    const declined = orderOf(shop, 'declined')
    const placed = recordOf(declined, 'OrderPlaced')
    const forged = {
      ...placed,
      topic: 'shop.delivery',
      offset: 900,
      type: 'DeliveryScheduled',
      id: laterId,
      causationId: laterId,
    }
    const record = { ...forged, data: { carrier: 'nobody' }, ...changes }
    declined.records.push(record)
    return record
  }
  const setAside = (shop: MutableShop, { topic, partition, offset, id }: EventRecord, ...consumers: string[]) => {
    const origin = placeOf(topic, partition, offset)
    for (const consumer of consumers) shop.shop.topics.deadLetters.push({ consumer, eventId: id, kind: 'suspicious', origin })
  }

  test.each([
    ['an id of its own', undefined, ['consumed-handled']],
    ['the id of another event', 'OrderPlaced', []],
  ])('hold with a forged event, of %s, that its consumers have set aside, and with no other', (_name, namesake, unhandled) => {
    const violatedWhenSetAsideBy = (...consumers: string[]) => {
      const shop = soundShop()
      const id = namesake === undefined ? {} : { id: recordOf(orderOf(shop, 'declined'), namesake).id }
      setAside(shop, forge(shop, id), ...consumers)
      return verdictsOf(shop).flatMap((v) => (v.outcome === 'violated' ? v.id : []))
    }
    expect(violatedWhenSetAsideBy()).toEqual(expect.arrayContaining(['no-ghost-events', ...unhandled]))
    expect(violatedWhenSetAsideBy('order')).toEqual(unhandled)
    expect(violatedWhenSetAsideBy('order', 'inventory')).toEqual([])
  })

  test('know what was handled with its source, and what before sources were kept', () => {
    const shop = soundShop()
    for (const file of shop.orders)
      for (const { id, type } of file.records) {
        const as = handledAs({ id, type }).at(-1) ?? id
        for (const [service, ids] of Object.entries(file.handled)) file.handled[service] = ids.map((h) => (h === id ? as : h))
      }
    expect(verdictsOf(shop).filter((v) => v.outcome === 'violated')).toEqual([])
    const file = orderOf(shop, 'declined')
    file.handled.order?.push(...(file.handled.order ?? []).map((as) => as.split(' ')[0] ?? ''))
    expect(
      verdictsOf(shop)
        .filter((v) => v.outcome === 'violated')
        .map((v) => v.id),
    ).toEqual(['handled-once'])
  })

  test('about events are not checked without the topics', () => {
    const { shop, orders } = soundShop()
    const verdicts = judge({
      shop: { ...shop, topics: undefined },
      orders: orders.map((o) => ({ ...o, records: [] })),
    } as Snapshot)
    expect(verdicts.filter((v) => v.outcome === 'violated')).toEqual([])
    expect(verdicts.filter((v) => v.outcome === 'not-checked').map((v) => v.id)).toEqual(
      invariants.filter((i) => i.needsTopics).map((i) => i.id),
    )
  })

  test('do not call events lost that the broker has removed', () => {
    const { shop, orders } = soundShop()
    const topics = { ...shop.topics, since: '2026-02-01T00:00:00.000Z', deadLetters: [], undecodable: [] }
    const verdicts = judge({ shop: { ...shop, topics }, orders: orders.map((o) => ({ ...o, records: [] })) } as Snapshot)
    expect(verdicts.filter((v) => v.outcome === 'violated')).toEqual([])
  })

  test('compare of a copy that some cannot decode what the others look at', () => {
    const { shop, orders } = soundShop()
    const withCopy = (data: unknown, partial?: true) =>
      orders.map((o) => {
        const original = o.records.find((r) => r.type === 'StockReserved')
        return original === undefined ? o : { ...o, records: [...o.records, { ...original, data, partial }] }
      })
    const outcomeOf = (data: unknown, partial?: true) =>
      judge({ shop, orders: withCopy(data, partial) } as Snapshot).find((v) => v.id === 'no-ghost-events')?.outcome
    expect(outcomeOf({}, true)).toBe('holds')
    expect(outcomeOf({})).toBe('violated')
    expect(outcomeOf({ lines: [] }, true)).toBe('violated')
  })

  test('miss no request to cancel that came too late, after the topics were told again', () => {
    const { shop, orders } = soundShop()
    const isLate = (o: MutableShop['orders'][number], type: string) =>
      o.order?.status === 'CONFIRMED' && type === 'OrderCancellationRequested'
    const told = (again?: 'told') =>
      orders.map((o) => ({ ...o, records: o.records.filter((r) => !isLate(o, r.type)).map((r) => ({ ...r, again })) }))
    const violated = (again?: 'told') =>
      judge({ shop, orders: told(again) } as Snapshot).flatMap((v) => (v.outcome === 'violated' ? v.id : []))
    expect(violated('told')).toEqual([])
    expect(violated()).toEqual(expect.arrayContaining(['no-lost-events', 'consumed-handled']))
  })

  test('come to the same result when the orders are sorted on disk', () => {
    const { shop, orders } = soundShop()
    const known = orders.filter((o) => o.order !== undefined)
    const files = new OrderFiles()
    try {
      for (const { orderId, order, payment, reservation, shipment, notification, ledger, handled, outbox, records } of known) {
        if (order) files.add(orderId, 'order', order as Order)
        if (payment) files.add(orderId, 'payment', payment)
        if (reservation) files.add(orderId, 'reservation', reservation)
        if (shipment) files.add(orderId, 'shipment', shipment)
        if (notification) files.add(orderId, 'notification', notification)
        for (const entry of ledger) files.add(orderId, 'ledger', entry)
        for (const [service, ids] of Object.entries(handled)) files.add(orderId, 'handled', { service, ids })
        for (const event of outbox) files.add(orderId, 'outbox', event)
        for (const record of records) files.add(orderId, 'record', record)
      }
      expect(judge({ shop, orders: files.read() } as Snapshot)).toEqual(verdictsOf({ shop, orders: known }))
    } finally {
      files.close()
    }
  })
})

/** Events about an order, and what becomes of it. */
import { type Emitted, type Incoming, needsOf } from '@shop/choreography'
import { type Arrivals, arrange, type Message, Needs, noArrivals } from '@shop/messaging/driver'
import { expect } from 'vitest'
import { type CancellationCause, decide, type Order, remember, requestCancellation } from '../order.ts'

export type Event = Incoming<'order'>
export type Fact = Emitted<'order'>
/** What can happen to an order: an event comes in, or somebody asks to cancel it. */
export type Step = Event | CancellationCause

export const pending: Order = {
  status: 'PENDING',
  customerId: 'alice',
  lines: [{ sku: 'keyboard', quantity: 2, unitPrice: 4_990 }],
  total: 9_980,
  currency: 'EUR',
  shippingAddress: { name: 'Alice', street: 'Way 1', city: 'Bonn', postalCode: '53111', country: 'DE' },
  history: [{ type: 'OrderPlaced', at: '2026-01-01T00:00:00.000Z', eventId: 'OrderPlaced' }],
  placedAt: '2026-01-01T00:00:00.000Z',
  deadlineAt: '2026-01-01T00:05:00.000Z',
  correlationId: 'OrderPlaced',
}

/** The type is the id, so the same call is the same event again. */
export const event = (type: Event['type'], reason = 'out_of_stock'): Event => {
  const money = { customerId: 'alice', amount: 9_980, currency: 'EUR' }
  const data = {
    PaymentCaptured: money,
    StockReserved: { lines: [{ sku: 'keyboard', quantity: 2 }] },
    DeliveryScheduled: { carrier: 'Stadtbote' },
    PaymentDeclined: { customerId: 'alice', reason },
    PaymentRefunded: { ...money, reason },
  }[type]
  const envelope = { id: type, key: 'order', at: '2026-01-01T00:00:01.000Z', correlationId: 'OrderPlaced' }
  return { type, ...envelope, causationId: causes[type], data } as Event
}

export const causes: Record<Event['type'], string> = {
  PaymentCaptured: 'OrderPlaced',
  StockReserved: 'PaymentCaptured',
  DeliveryScheduled: 'StockReserved',
  PaymentDeclined: 'OrderPlaced',
  PaymentRefunded: 'StockRejected',
}

export const captured = event('PaymentCaptured')
export const reserved = event('StockReserved')
export const scheduled = event('DeliveryScheduled')
export const declined = event('PaymentDeclined', 'insufficient_funds')
export const refunded = event('PaymentRefunded', 'out_of_stock')

export const confirmation: Fact = { type: 'OrderConfirmed', data: { customerId: 'alice', total: 9_980, currency: 'EUR' } }
export const cancellation = (reason: string): Fact => ({
  type: 'OrderCancelled',
  data: { customerId: 'alice', total: 9_980, currency: 'EUR', reason },
})
export const requested = (cause: CancellationCause): Fact => ({ type: 'OrderCancellationRequested', data: { cause } })

const needs = new Needs(needsOf('order'))

interface Course {
  readonly order: Order
  readonly told: readonly Fact[]
  readonly kept: Arrivals
  /** Why events were doubted. */
  readonly doubts: readonly string[]
}
export const begun: Course = { order: pending, told: [], kept: noArrivals, doubts: [] }

/** As the kit does: what comes before what it needs is handed over behind it, and nothing is done of what is doubted. */
export const take = (course: Course, step: Step): Course => {
  if (typeof step === 'string') {
    const { order, emit } = requestCancellation(course.order, step)
    return { ...course, order, told: [...course.told, ...emit] }
  }
  const { due, arrivals } = arrange([step], needs, () => course.kept)
  return (due as readonly (Message & Event)[]).reduce(carryOut, { ...course, kept: arrivals.get(step.key) ?? course.kept })
}

const carryOut = (course: Course, event: Event): Course => {
  const { state, emit, suspicious } = decide(course.order, event)
  if (state === undefined) throw new Error('the order is gone')
  const told = [...course.told, ...emit]
  if (suspicious !== undefined) return { ...course, order: state, told, doubts: [...course.doubts, suspicious] }
  return { ...course, order: remember(state, event), told }
}

/** given(…steps, from PENDING).when(step).then(what is told, what changes beside the history) */
export const given = (...steps: Step[]) => {
  const before = steps.reduce(take, begun)
  return {
    when: (step: Step) => {
      const after = take(before, step)
      const told = after.told.slice(before.told.length)
      return {
        // biome-ignore lint/suspicious/noThenProperty: given, when, then; nobody awaits it
        then: (emit: readonly Fact[], changes: Partial<Order>) => {
          expect(told).toEqual(emit)
          expect(after.order).toEqual({ ...before.order, ...changes, history: after.order.history })
          expect(after.doubts).toEqual(before.doubts)
        },
        thenDoubted: (why: string) => {
          expect(after.doubts.slice(before.doubts.length)).toEqual([why])
          expect(after).toMatchObject({ order: before.order, told: before.told })
        },
      }
    },
  }
}

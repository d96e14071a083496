/** Events of an order, and what inventory makes of them. */
import { type Emitted, type Incoming, needsOf } from '@shop/choreography'
import { Needs } from '@shop/messaging/driver'
import { expect } from 'vitest'
import { decide as decideAlone, type Line, type Reservation, remember, type State, type Stock } from '../inventory.ts'

export type Event = Incoming<'inventory'>
type Type = Event['type']

/** What was told, and the event that it answers. */
export interface Effect {
  readonly cause: Event
  readonly fact: Emitted<'inventory'>
}

export const lines: Line[] = [
  { sku: 'mouse', quantity: 2 },
  { sku: 'keyboard', quantity: 1 },
]
const bodies = (ordered: readonly Line[]): { [T in Type]: Extract<Event, { type: T }>['data'] } => ({
  OrderPlaced: { customerId: 'alice', lines: [...ordered], total: 100, currency: 'EUR' },
  PaymentCaptured: { customerId: 'alice', amount: 100, currency: 'EUR' },
  DeliveryRejected: { reason: 'address_not_served' },
  DeliveryScheduled: { carrier: 'post' },
})
const causes: Record<Type, string> = {
  OrderPlaced: 'nothing',
  PaymentCaptured: 'OrderPlaced',
  DeliveryRejected: 'StockReserved',
  DeliveryScheduled: 'StockReserved',
}
/** The id says which order's which event it is, so the same call is the same event again. */
export const event = <T extends Type>(type: T, key = 'order', ordered: readonly Line[] = lines) =>
  ({
    type,
    id: `${key}/${type}`,
    key,
    at: '2026-01-01T00:00:00.000Z',
    correlationId: `${key}/OrderPlaced`,
    causationId: `${key}/${causes[type]}`,
    data: bodies(ordered)[type],
  }) as Extract<Event, { type: T }>

/** What it tells is remembered by an id that says which order's it is. */
export const decide = (...[state, e, isWithheld]: Parameters<typeof decideAlone>) => {
  const decision = decideAlone(state, e, isWithheld)
  const told = decision.emit.map(({ type }) => ({ id: `${e.key}/${type}`, type }))
  const { reservation } = decision.state
  if (reservation === undefined || told.length === 0) return decision
  return { ...decision, state: { ...decision.state, reservation: told.reduce(remember, reservation) } }
}

export const origin = { eventId: 'order/OrderPlaced', customerId: 'alice', total: 100, currency: 'EUR' }
export const answered = { placed: origin, capturedId: 'order/PaymentCaptured' }
export const promised = { ...answered, reservedId: 'order/StockReserved' }

export const placed = event('OrderPlaced')
export const captured = event('PaymentCaptured')
export const rejected = event('DeliveryRejected')
export const scheduled = event('DeliveryScheduled')

const delivered = (quantity: number): Stock => ({ onHand: quantity, reserved: 0, issued: 0, received: quantity })
export const stockOf = (quantities: Record<string, number>): Map<string, Stock> =>
  new Map(Object.entries(quantities).map(([sku, quantity]) => [sku, delivered(quantity)]))

interface Expected {
  readonly told?: readonly Emitted<'inventory'>[]
  readonly reservation?: Reservation
  /** onHand, reserved, issued. */
  readonly stock?: Record<string, readonly [number, number, number]>
}

/** given(stock, …events).when(event).then(what is told and what is so afterwards) */
export const given = (quantities: Record<string, number>, ...events: Event[]) => {
  const empty: State = { reservation: undefined, stock: stockOf(quantities) }
  const before = events.reduce((state, e) => decide(state, e).state, empty)
  return {
    when: (e: Event) => {
      const { state, emit } = decide(before, e)
      return {
        // biome-ignore lint/suspicious/noThenProperty: given, when, then; nobody awaits it
        then: (expected: Expected) => {
          expect(emit).toEqual(expected.told ?? [])
          expect(state.reservation).toEqual(expected.reservation)
          for (const [sku, [onHand, reserved, issued]] of Object.entries(expected.stock ?? {}))
            expect(state.stock.get(sku)).toEqual({ onHand, reserved, issued, received: quantities[sku] })
        },
        thenNothing: () => {
          expect(emit).toEqual([])
          expect(state).toBe(before)
        },
      }
    },
  }
}

export const needs = new Needs(needsOf('inventory'))

export const plenty = { mouse: 10, keyboard: 10 }
export const untouched = { mouse: [10, 0, 0], keyboard: [10, 0, 0] } as const
export const held = { mouse: [10, 2, 0], keyboard: [10, 1, 0] } as const
export const reservedFact = { type: 'StockReserved', data: { lines } } as const

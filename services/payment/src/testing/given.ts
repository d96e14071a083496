/** Events about a payment, and what becomes of it. */
import type { Emitted, Incoming } from '@shop/choreography'
import { expect } from 'vitest'
import { type Account, decide, type Payment, type State } from '../payment.ts'

export type Event = Incoming<'payment'>
export type Fact = Emitted<'payment'>

export interface Order {
  readonly customerId: string
  readonly total: number
  readonly currency: string
}

export const alice: Account = { balance: 1_000, currency: 'EUR', blocked: false }
export const keyboard: Order = { customerId: 'alice', total: 400, currency: 'EUR' }

/** The id says which order's which event it is, so the same call is the same event again. */
export const event = (type: Event['type'], key = 'order', order: Order = keyboard): Event => {
  const data = {
    OrderPlaced: {
      ...order,
      lines: [{ sku: 'keyboard', quantity: 1 }],
      shippingAddress: { name: 'Alice', street: 'Way 1', city: 'Bonn', postalCode: '53111', country: 'DE' },
    },
    StockRejected: { reason: 'out_of_stock', sku: 'keyboard' },
    StockReleased: { reason: 'address_not_served', lines: [{ sku: 'keyboard', quantity: 1 }] },
  }[type]
  return {
    type,
    id: `${key}/${type}`,
    key,
    at: '2026-01-01T00:00:00.000Z',
    correlationId: `${key}/OrderPlaced`,
    data,
  } as Event
}

export const placed = event('OrderPlaced')
export const rejected = event('StockRejected')
export const released = event('StockReleased')

interface Expected {
  readonly emit: readonly Fact[]
  readonly payment: Payment
  readonly balance?: number
}

/** given(account, …events).when(event).then(what is told and what is so afterwards) */
export const given = (account: Account | undefined, ...events: Event[]) => {
  const before = events.reduce<State>((state, e) => decide(state, e).state, { payment: undefined, account })
  return {
    when: (e: Event) => {
      const { state, emit } = decide(before, e)
      return {
        // biome-ignore lint/suspicious/noThenProperty: given, when, then; nobody awaits it
        then: (expected: Expected) => {
          expect(emit).toEqual(expected.emit)
          expect(state.payment).toEqual(expected.payment)
          expect(state.account).toEqual(account && { ...account, balance: expected.balance ?? account.balance })
        },
        thenNothing: () => {
          expect(emit).toEqual([])
          expect(state).toBe(before)
        },
      }
    },
  }
}

export const amounts = { customerId: 'alice', amount: 400, currency: 'EUR' }

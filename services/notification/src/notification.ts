/** Pure: what is sent to a customer when an order has ended. Not critical: its failure undoes nothing, and it catches up later. */
import { type Decider, type Decision, decideBy, type Incoming } from '@shop/choreography'

export interface Notification {
  readonly customerId: string
  readonly kind: 'order-confirmed' | 'order-cancelled'
  readonly text: string
  /** ISO 8601, when the order ended. */
  readonly at: string
}

type State = Notification | undefined

const money = (minorUnits: number, currency: string): string => `${(minorUnits / 100).toFixed(2)} ${currency}`

/** The first news is the one that is sent; a saga has one end. */
const once = (state: State, notification: Notification): Decision<State> => ({ state: state ?? notification, emit: [] })

const decider: Decider<'notification', State> = {
  OrderConfirmed: (state, { key, at, data: { customerId, total, currency } }) =>
    once(state, {
      customerId,
      kind: 'order-confirmed',
      at,
      text: `Your order ${key} over ${money(total, currency)} is confirmed.`,
    }),
  OrderCancelled: (state, { key, at, data: { customerId, total, currency, reason } }) =>
    once(state, {
      customerId,
      kind: 'order-cancelled',
      at,
      text: `Your order ${key} over ${money(total, currency)} was cancelled: ${reason.replaceAll('_', ' ')}.`,
    }),
}

export const decide = (state: State, event: Incoming<'notification'>): State => decideBy(decider, state, event).state

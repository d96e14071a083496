/** Pure: what delivery decides. It owns the pivot: once scheduled, an order is completed; once rejected, it is undone. Never both. */
import { type Decider, type Decision, decideBy, type Emitted, type Incoming } from '@shop/choreography'
import type { Telling } from '@shop/messaging'

type OrderPlaced = Extract<Incoming<'delivery'>, { type: 'OrderPlaced' }>

/** The shipment of one order, from the first that is heard of it. */
export interface Shipment extends Telling {
  /** Delivery's own copy; absent until OrderPlaced came. */
  readonly address?: OrderPlaced['data']['shippingAddress']
  /** Somebody asked to cancel before it was scheduled: remembered also when nothing else is known yet. */
  readonly cancellationRequested?: true
  /** Absent until it is decided; final then. */
  readonly status?: 'SCHEDULED' | 'REJECTED'
  readonly carrier?: string
  readonly reason?: string
}

type State = Shipment | undefined

/** Antarctica. ISO 3166-1 alpha-2. */
const notServed = new Set(['AQ'])

const carrierTo = (country: string): string => (country === 'DE' ? 'Stadtbote' : 'Weltfracht')

type Answer = Decision<State, Extract<Emitted<'delivery'>, { type: 'DeliveryScheduled' | 'DeliveryRejected' }>>

const rejected = (state: State, reason: string): Answer => ({
  state: { ...state, status: 'REJECTED', reason },
  emit: [{ type: 'DeliveryRejected', data: { reason } }],
})

const decider: Decider<'delivery', State, [refused: boolean]> = {
  OrderPlaced: (state, { data }) =>
    state?.address === undefined ? { state: { ...state, address: data.shippingAddress }, emit: [] } : { state, emit: [] },

  OrderCancellationRequested: (state) =>
    state?.status === undefined && !state?.cancellationRequested
      ? { state: { ...state, cancellationRequested: true }, emit: [] }
      : { state, emit: [] },

  // OrderPlaced has come: the choreography says that this one needs it.
  StockReserved: (state, _event, refused) => {
    if (state?.status !== undefined) return { state, emit: [] }
    if (state?.cancellationRequested) return rejected(state, 'order_cancelled')
    if (state?.address === undefined) throw new Error('StockReserved was carried out before OrderPlaced, which it needs')
    if (refused) return rejected(state, 'no_carrier')
    if (notServed.has(state.address.country)) return rejected(state, 'address_not_served')
    const carrier = carrierTo(state.address.country)
    return { state: { ...state, status: 'SCHEDULED', carrier }, emit: [{ type: 'DeliveryScheduled', data: { carrier } }] }
  },
}

/** @param refused what is not scheduled yet is rejected, wherever it goes. */
export const decide = (state: State, event: Incoming<'delivery'>, refused = false): Decision<State, Emitted<'delivery'>> =>
  decideBy(decider, state, event, refused)

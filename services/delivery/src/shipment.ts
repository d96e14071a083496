/** Pure: what delivery decides. It owns the pivot: once scheduled, an order is completed; once rejected, it is undone. Never both. */
import { type Decider, type Decision, decideBy, type Emitted, type Incoming } from '@shop/choreography'

type StockReserved = Extract<Incoming<'delivery'>, { type: 'StockReserved' }>
type OrderPlaced = Extract<Incoming<'delivery'>, { type: 'OrderPlaced' }>

/** The shipment of one order, from the first that is heard of it. */
export interface Shipment {
  /** Delivery's own copy; absent until OrderPlaced came. */
  readonly address?: OrderPlaced['data']['shippingAddress']
  /** Somebody asked to cancel before it was scheduled: remembered also when nothing else is known yet. */
  readonly cancellationRequested?: true
  /** Came before OrderPlaced, and waits for the address. */
  readonly early?: StockReserved
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

  StockReserved: (state, event, refused) => {
    if (state?.status !== undefined) return { state, emit: [] }
    if (state?.cancellationRequested) return rejected(state, 'order_cancelled')
    if (state?.address === undefined) return state?.early ? { state, emit: [] } : { state: { ...state, early: event }, emit: [] }
    if (refused) return rejected(state, 'no_carrier')
    if (notServed.has(state.address.country)) return rejected(state, 'address_not_served')
    const carrier = carrierTo(state.address.country)
    return { state: { ...state, status: 'SCHEDULED', carrier }, emit: [{ type: 'DeliveryScheduled', data: { carrier } }] }
  },
}

/** What is told, and the event that it answers: not always the one that came in last. */
export interface Told {
  readonly cause: Incoming<'delivery'>
  readonly fact: Emitted<'delivery'>
}

/**
 * Decides the event and, once the address is there, the StockReserved that was waiting for it.
 * @param refused what is not scheduled yet is rejected, wherever it goes.
 */
export const decide = (
  state: State,
  event: Incoming<'delivery'>,
  refused = false,
): { readonly state: State; readonly told: readonly Told[] } => {
  const first = decideBy(decider, state, event, refused)
  const told = first.emit.map((fact) => ({ cause: event, fact }))
  const early = first.state?.early
  if (early === undefined || first.state?.address === undefined || first.state.status !== undefined)
    return { state: first.state, told }
  const second = decideBy(decider, first.state, early, refused)
  return { state: second.state, told: [...told, ...second.emit.map((fact) => ({ cause: early, fact }))] }
}

/** Pure: what delivery decides. It owns the pivot: once scheduled, an order is completed; once rejected, it is undone. Never both. */
import { type Decider, type Decision, decideBy, type Emitted, type Incoming } from '@shop/choreography'
import type { Telling } from '@shop/messaging'

type OrderPlaced = Extract<Incoming<'delivery'>, { type: 'OrderPlaced' }>

/** The shipment of one order, from the first that is heard of it. */
export interface Shipment extends Telling {
  /** Delivery's own copy; absent until OrderPlaced came. */
  readonly address?: OrderPlaced['data']['shippingAddress']
  /** What else the order was placed with; absent in shipments of before decision 17, which are taken on trust. */
  readonly placed?: Pick<OrderPlaced['data'], 'lines'> & { readonly eventId: string }
  /** Another OrderPlaced has come for the same order before it was decided: nobody knows which is true. */
  readonly contradicted?: true
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

/** Leaves a shipment that was not decided on before undelivered. */
export const reject = (shipment: State, reason: string): Shipment => ({ ...shipment, status: 'REJECTED', reason })

/** Decides on a shipment that was not decided on before: SCHEDULED, or REJECTED with the reason. @param refused rejects it, wherever it goes. */
export const schedule = (shipment: Shipment & Required<Pick<Shipment, 'address'>>, refused = false): Shipment => {
  const { country } = shipment.address
  if (refused) return reject(shipment, 'no_carrier')
  if (notServed.has(country)) return reject(shipment, 'address_not_served')
  return { ...shipment, status: 'SCHEDULED', carrier: carrierTo(country) }
}

type Answer = Decision<State, Extract<Emitted<'delivery'>, { type: 'DeliveryScheduled' | 'DeliveryRejected' }>>

const rejected = (state: State, reason: string): Answer => ({
  state: reject(state, reason),
  emit: [{ type: 'DeliveryRejected', data: { reason } }],
})

const isSameAddress = (a: NonNullable<Shipment['address']>, b: NonNullable<Shipment['address']>): boolean =>
  a.name === b.name && a.street === b.street && a.city === b.city && a.postalCode === b.postalCode && a.country === b.country

type Lines = OrderPlaced['data']['lines']
const isSameLines = (a: Lines, b: Lines): boolean =>
  a.length === b.length && a.every(({ sku, quantity }, i) => sku === b[i]?.sku && quantity === b[i]?.quantity)

/** An order is placed once, by one event, whatever another one says. Of what an earlier release kept only the address is known. */
const isSameOrder = ({ address, placed }: Shipment, { id, data }: OrderPlaced): boolean =>
  placed === undefined ? address !== undefined && isSameAddress(address, data.shippingAddress) : placed.eventId === id

/** What of a reservation is not the order's; `undefined` when it is all right. */
const whyAnotherOrders = (
  placed: Shipment['placed'],
  { correlationId, data }: Extract<Incoming<'delivery'>, { type: 'StockReserved' }>,
): string | undefined => {
  if (placed === undefined) return undefined
  if (correlationId !== placed.eventId) return `it belongs to the saga of another order, ${correlationId}`
  return isSameLines(placed.lines, data.lines) ? undefined : 'other lines were reserved than were ordered'
}

/** So many events of one order are answered; a sound one has one. */
const answersMax = 8

/**
 * Another reservation of the order than the one that was answered: inventory made it anew, or somebody else did before. It hears the same
 * decision, so that it counts whichever of them is true.
 */
const answeredAgain = (state: Shipment, { id }: { readonly id: string }): Answer => {
  const { told = [], status, carrier = '', reason = '' } = state
  if (told.length === 0 || told.length >= answersMax || told.some((t) => t.causationId === id)) return { state, emit: [] }
  const scheduled = { type: 'DeliveryScheduled', data: { carrier } } as const
  return { state, emit: [status === 'SCHEDULED' ? scheduled : { type: 'DeliveryRejected', data: { reason } }] }
}

const decider: Decider<'delivery', State, [refused: boolean]> = {
  OrderPlaced: (state, event) => {
    const { id, correlationId, data } = event
    if (correlationId !== id) return { state, emit: [], suspicious: 'it does not begin the saga that it belongs to' }
    if (state?.address === undefined) {
      const { shippingAddress: address, lines } = data
      return { state: { ...state, address, placed: { eventId: id, lines } }, emit: [] }
    }
    if (isSameOrder(state, event)) return { state, emit: [] }
    const after = state.status === undefined && !state.contradicted ? { ...state, contradicted: true as const } : state
    return { state: after, emit: [], suspicious: 'it is another order than the one that was placed before' }
  },

  OrderCancellationRequested: (state) =>
    state?.status === undefined && !state?.cancellationRequested
      ? { state: { ...state, cancellationRequested: true }, emit: [] }
      : { state, emit: [] },

  // OrderPlaced has come: the choreography says that this one needs it.
  StockReserved: (state, event, refused) => {
    const suspicious = whyAnotherOrders(state?.placed, event)
    if (suspicious !== undefined) return { state, emit: [], suspicious }
    if (state?.status !== undefined) return answeredAgain(state, event)
    if (state?.cancellationRequested) return rejected(state, 'order_cancelled')
    if (state?.contradicted) return rejected(state, 'order_contradicted')
    if (state?.address === undefined) throw new Error('StockReserved was carried out before OrderPlaced, which it needs')
    const after = schedule({ ...state, address: state.address }, refused)
    const { carrier = '', reason = '' } = after
    return after.status === 'SCHEDULED'
      ? { state: after, emit: [{ type: 'DeliveryScheduled', data: { carrier } }] }
      : { state: after, emit: [{ type: 'DeliveryRejected', data: { reason } }] }
  },
}

/** @param refused what is not scheduled yet is rejected, wherever it goes. */
export const decide = (state: State, event: Incoming<'delivery'>, refused = false): Decision<State, Emitted<'delivery'>> =>
  decideBy(decider, state, event, refused)

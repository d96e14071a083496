/** Pure: what the order service decides. Whatever order its events come in, an order ends once, CONFIRMED or CANCELLED. */
import { type Decider, type Decision, decideBy, type Emitted, type Incoming } from '@shop/choreography'

export interface Line {
  readonly sku: string
  readonly quantity: number
  /** Minor units, from the shop's own product list when the order was placed. */
  readonly unitPrice: number
}

export interface Address {
  readonly name: string
  readonly street: string
  readonly city: string
  readonly postalCode: string
  /** ISO 3166-1 alpha-2. */
  readonly country: string
}

/** One event of the order's saga that this service told or heard. */
export interface HistoryEntry {
  readonly type: string
  /** ISO 8601, when the event was stored by the service that told it. */
  readonly at: string
  readonly eventId: string
  /** The event that caused it; absent when a command or the deadline did. */
  readonly causationId?: string
}

export type Status = 'PENDING' | 'CANCELLING' | 'CONFIRMED' | 'CANCELLED'
export type CancellationCause = 'customer' | 'deadline'

export interface Order {
  readonly status: Status
  readonly customerId: string
  readonly lines: readonly Line[]
  /** Minor units. */
  readonly total: number
  readonly currency: string
  readonly shippingAddress: Address
  readonly history: readonly HistoryEntry[]
  /** ISO 8601. */
  readonly placedAt: string
  /** ISO 8601; an order that is PENDING then cancels itself. */
  readonly deadlineAt: string
  /** Who asked to cancel, once somebody has. */
  readonly cancellationRequestedBy?: CancellationCause
  /** The delivery had been scheduled when the request to cancel reached it. */
  readonly cancellationRefused?: true
  /** Further captures that agree with the order in everything: only payment knows which one it told, and a reservation may answer any. */
  readonly capturedAgain?: readonly string[]
  /** Why it was cancelled. */
  readonly reason?: string
  /** The saga's first event. */
  readonly correlationId: string
  /** Of the request, when it came with an Idempotency-Key. */
  readonly fingerprint?: string
}

/** Unknown as long as the order was not placed here. */
type State = Order | undefined

const isOpen = (order: Order): boolean => order.status === 'PENDING' || order.status === 'CANCELLING'

/** Ends an order that is open well. It was too late for a request to cancel, if there was one. */
export const confirm = (order: Order): Order => ({
  ...order,
  ...(order.status === 'CANCELLING' ? { cancellationRefused: true } : {}),
  status: 'CONFIRMED',
})

/** Ends an order that is open without anything bought. */
export const cancel = (order: Order, reason: string): Order => ({ ...order, status: 'CANCELLED', reason })

/** Nothing to decide: the event is kept in the history alone. */
const noted = (state: State) => ({ state, emit: [] })

const doubted = (state: State, suspicious: string) => ({ state, emit: [], suspicious })

const unknown = 'there is no such order'
const elsewhere = 'it belongs to another saga than this order'

const cancelled = (state: Order, reason: string): Decision<State, Extract<Emitted<'order'>, { type: 'OrderCancelled' }>> => {
  if (!isOpen(state)) return noted(state)
  const { customerId, total, currency } = state
  return {
    state: cancel(state, reason),
    emit: [{ type: 'OrderCancelled', data: { customerId, total, currency, reason } }],
  }
}

type Of<Type extends Incoming<'order'>['type']> = Extract<Incoming<'order'>, { type: Type }>

interface Money {
  readonly customerId: string
  readonly amount: number
  readonly currency: string
}

const isSameMoney = (a: Money, b: Money): boolean =>
  a.customerId === b.customerId && a.amount === b.amount && a.currency === b.currency

const owed = ({ customerId, total, currency }: Order): Money => ({ customerId, amount: total, currency })

/** The payment that was captured for this order and nothing else; `undefined` as long as there is none. */
const captureOf = ({ history }: Order): HistoryEntry | undefined => history.find((e) => e.type === 'PaymentCaptured')

const isCapture = (order: Order, eventId: string | undefined): boolean =>
  eventId !== undefined && (captureOf(order)?.eventId === eventId || order.capturedAgain?.includes(eventId) === true)

/** More of them are forgotten. */
const capturesMax = 8

const paidAgain = (order: Order, { id }: Of<'PaymentCaptured'>): Order => {
  const known = order.capturedAgain ?? []
  return known.includes(id) || known.length >= capturesMax || !isOpen(order) ? order : { ...order, capturedAgain: [...known, id] }
}

/** Why the delivery cannot be this order's: it answers its reservation, which answers its payment. */
const whyNotDelivered = (order: Order, { correlationId, causationId }: Of<'DeliveryScheduled'>): string | undefined => {
  if (correlationId !== order.correlationId) return elsewhere
  const capture = captureOf(order)
  if (capture === undefined) return 'it was not paid for'
  const reserved = order.history.find((e) => e.type === 'StockReserved' && e.eventId === causationId)
  if (reserved === undefined) return 'it answers a reservation that nobody told of'
  return isCapture(order, reserved.causationId) ? undefined : 'it answers a reservation for another payment'
}

const decider: Decider<'order', State> = {
  PaymentCaptured: (state, event) => {
    if (state === undefined) return doubted(state, unknown)
    const saga = state.correlationId
    const isOwn = event.correlationId === saga && event.causationId === saga && isSameMoney(event.data, owed(state))
    if (!isOwn) return doubted(state, 'it is not the payment that was asked for')
    const known = captureOf(state)
    if (known === undefined || known.eventId === event.id) return noted(state)
    return doubted(paidAgain(state, event), 'it was paid for before')
  },
  StockReserved: (state, { correlationId, causationId }) => {
    if (state === undefined) return doubted(state, unknown)
    if (correlationId !== state.correlationId) return doubted(state, elsewhere)
    return captureOf(state) === undefined || isCapture(state, causationId)
      ? noted(state)
      : doubted(state, 'it answers another payment than this order’s')
  },
  // PaymentCaptured and StockReserved have come: the choreography says that this one needs them.
  DeliveryScheduled: (state, event) => {
    if (state === undefined) return doubted(state, unknown)
    const suspicious = state.status === 'CANCELLED' ? 'the order was cancelled' : whyNotDelivered(state, event)
    if (suspicious !== undefined) return doubted(state, suspicious)
    if (!isOpen(state)) return noted(state)
    const { customerId, total, currency } = state
    return { state: confirm(state), emit: [{ type: 'OrderConfirmed', data: { customerId, total, currency } }] }
  },
  PaymentDeclined: (state, { causationId, data }) => {
    if (state === undefined) return doubted(state, unknown)
    if (causationId !== state.correlationId) return doubted(state, 'it declines another order')
    return captureOf(state) === undefined ? cancelled(state, data.reason) : doubted(state, 'it was paid for before')
  },
  PaymentRefunded: (state, { correlationId, data }) => {
    if (state === undefined) return doubted(state, unknown)
    if (state.status === 'CONFIRMED') return doubted(state, 'the order was confirmed')
    if (captureOf(state) === undefined) return doubted(state, 'nothing was captured that could be refunded')
    if (correlationId !== state.correlationId) return doubted(state, elsewhere)
    return isSameMoney(data, owed(state)) ? cancelled(state, data.reason) : doubted(state, 'it is not what was captured')
  },
}

export const decide = (state: State, event: Incoming<'order'>): Decision<State, Emitted<'order'>> =>
  decideBy(decider, state, event)

export const hasEnded = (order: Order): boolean => !isOpen(order)

/** As much of an event as the history keeps. */
type Noted = { readonly id: string; readonly type: string; readonly at: string; readonly causationId?: string | undefined }

/**
 * Of each type a history keeps so many, the first ones. A saga has one of each; what comes beyond is told twice by others under new ids, or
 * forged, and would make the document as large as somebody likes. What the order service tells itself always has its place, as has every
 * step of another service, however often a different one is repeated.
 */
export const historyOfTypeMax = 20

/** The order with events added to its history; an event that is there already is not added again. */
export const remember = (order: Order, ...events: readonly Noted[]): Order => {
  const known = new Set(order.history.map((e) => e.eventId))
  const countOf = (type: string) => order.history.reduce((count, e) => count + (e.type === type ? 1 : 0), 0)
  const hasRoom = ({ type }: Noted) => order.history.length < historyOfTypeMax || countOf(type) < historyOfTypeMax
  const added = events
    .filter((e) => !known.has(e.id) && hasRoom(e) && known.add(e.id))
    .map(({ id, type, at, causationId }) => ({ type, at, eventId: id, ...(causationId === undefined ? {} : { causationId }) }))
  return added.length === 0 ? order : { ...order, history: [...order.history, ...added] }
}

export interface Product {
  readonly sku: string
  readonly name: string
  /** Minor units. */
  readonly price: number
  readonly currency: string
}

/** What a customer asks for; already of the right shape. */
export interface PlaceOrder {
  readonly customerId: string
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
  readonly shippingAddress: Address
}

export type Priced =
  | { readonly lines: readonly Line[]; readonly total: number; readonly currency: string }
  /** Index of the first line whose product does not exist. */
  | { readonly unknownLine: number }

/** Prices an order from the product list. All products have the shop's one currency. */
export const price = (command: PlaceOrder, products: ReadonlyMap<string, Product>): Priced => {
  const lines: Line[] = []
  let total = 0
  let currency = ''
  for (const [index, { sku, quantity }] of command.lines.entries()) {
    const product = products.get(sku)
    if (product === undefined) return { unknownLine: index }
    lines.push({ sku, quantity, unitPrice: product.price })
    total += product.price * quantity
    currency = product.currency
  }
  return { lines, total, currency }
}

type Begun = Pick<
  Order,
  'customerId' | 'lines' | 'total' | 'currency' | 'shippingAddress' | 'placedAt' | 'deadlineAt' | 'correlationId'
>

/** An order that begins, PENDING. @param fingerprint of the request, when it came with an Idempotency-Key. */
export const place = (begun: Begun, fingerprint?: string): Order => ({
  ...begun,
  status: 'PENDING',
  history: [],
  ...(fingerprint === undefined ? {} : { fingerprint }),
})

/** The fact with which the saga of a placed order begins. */
export const placed = ({
  customerId,
  lines,
  total,
  currency,
  shippingAddress,
}: Pick<Order, 'customerId' | 'lines' | 'total' | 'currency' | 'shippingAddress'>): Extract<
  Emitted<'order'>,
  { type: 'OrderPlaced' }
> => ({
  type: 'OrderPlaced',
  data: { customerId, lines: lines.map(({ sku, quantity }) => ({ sku, quantity })), total, currency, shippingAddress },
})

export interface Cancellation {
  readonly outcome: 'requested' | 'already-requested' | 'too-late'
  readonly order: Order
  readonly emit: readonly Extract<Emitted<'order'>, { type: 'OrderCancellationRequested' }>[]
}

/** Asks for the order to be cancelled. Delivery, which owns the pivot, decides; until then the order is CANCELLING. */
export const requestCancellation = (order: Order, cause: CancellationCause): Cancellation => {
  if (order.status === 'CANCELLING') return { outcome: 'already-requested', order, emit: [] }
  if (order.status !== 'PENDING') return { outcome: 'too-late', order, emit: [] }
  return {
    outcome: 'requested',
    order: { ...order, status: 'CANCELLING', cancellationRequestedBy: cause },
    emit: [{ type: 'OrderCancellationRequested', data: { cause } }],
  }
}

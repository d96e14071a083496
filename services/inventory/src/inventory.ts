/** Pure: what inventory decides. All lines of an order are reserved or none, once; then released or issued, once. */
import { type Decider, type Decision, decideBy, type Emitted, type Incoming } from '@shop/choreography'
import type { Telling } from '@shop/messaging'

export interface Line {
  readonly sku: string
  readonly quantity: number
}

/** The stock of one SKU, in pieces. Always 0 ≤ reserved ≤ onHand and onHand + issued = received. */
export interface Stock {
  readonly onHand: number
  /** Part of `onHand` that is promised to orders. */
  readonly reserved: number
  readonly issued: number
  readonly received: number
}

/** The reservation of one order, from OrderPlaced on. */
export interface Reservation extends Telling {
  /** Inventory's own copy. */
  readonly lines: readonly Line[]
  /** What else the order was placed with; absent in rows of before decision 17, which are taken on trust. */
  readonly placed?: Origin
  /** Another OrderPlaced has come for the same order, before it was decided: nobody knows which is true. */
  readonly contradicted?: true
  /** The PaymentCaptured that it answered, and the StockReserved that it told; absent as long as there is none, and in rows of before. */
  readonly capturedId?: string
  readonly reservedId?: string
  /** Absent until it is paid for and decided. */
  readonly status?: 'RESERVED' | 'REJECTED' | 'RELEASED' | 'ISSUED'
  readonly reason?: string
}

/** What a payment has to agree with. */
export interface Origin {
  readonly eventId: string
  readonly customerId: string
  /** Minor units. */
  readonly total: number
  readonly currency: string
}

export interface State {
  readonly reservation: Reservation | undefined
  /** By SKU: the stock that the order's lines are about. A SKU that is missing here does not exist. */
  readonly stock: ReadonlyMap<string, Stock>
}

/** True for a SKU of which this order gets nothing, whatever is there. */
type IsWithheld = (sku: string) => boolean

/** A SKU may stand in several lines. */
const quantities = (lines: readonly Line[]): Map<string, number> => {
  const bySku = new Map<string, number>()
  for (const { sku, quantity } of lines) bySku.set(sku, (bySku.get(sku) ?? 0) + quantity)
  return bySku
}

const whyRejected = (
  stock: State['stock'],
  lines: readonly Line[],
  isWithheld: IsWithheld,
): { reason: string; sku: string } | undefined => {
  for (const [sku, quantity] of quantities(lines)) {
    const found = stock.get(sku)
    if (found === undefined) return { reason: 'unknown_sku', sku }
    if (isWithheld(sku) || found.onHand - found.reserved < quantity) return { reason: 'out_of_stock', sku }
  }
  return undefined
}

type Move = (stock: Stock, quantity: number) => Stock

const reserving: Move = (s, quantity) => ({ ...s, reserved: s.reserved + quantity })
const releasing: Move = (s, quantity) => ({ ...s, reserved: s.reserved - quantity })
const issuing: Move = (s, quantity) => ({
  ...s,
  onHand: s.onHand - quantity,
  reserved: s.reserved - quantity,
  issued: s.issued + quantity,
})

/** The stock after the move of all lines. @throws Error when the caller left out a SKU that was reserved. */
const moved = (stock: State['stock'], lines: readonly Line[], move: Move): State['stock'] => {
  const after = new Map(stock)
  for (const [sku, quantity] of quantities(lines)) {
    const before = stock.get(sku)
    if (before === undefined) throw new Error(`the stock of ${sku} is missing, but it was reserved`)
    after.set(sku, move(before, quantity))
  }
  return after
}

/** The reservation and the stock that its lines are about. */
type Held = State & { readonly reservation: Reservation }

/** Why nothing of an order is reserved. */
export interface Rejection {
  readonly reason: string
  readonly sku?: string
}

const rejected = ({ stock, reservation }: Held, rejection: Rejection): Held & { readonly rejection: Rejection } => ({
  stock,
  reservation: { ...reservation, status: 'REJECTED', reason: rejection.reason },
  rejection,
})

/** Promises all lines of an order that was not decided on before, or none: RESERVED, or REJECTED with the reason. */
export const reserve = (
  { stock, reservation }: Held,
  isWithheld: IsWithheld = () => false,
): Held & { readonly rejection?: Rejection } => {
  const rejection = whyRejected(stock, reservation.lines, isWithheld)
  if (rejection !== undefined) return rejected({ stock, reservation }, rejection)
  return { reservation: { ...reservation, status: 'RESERVED' }, stock: moved(stock, reservation.lines, reserving) }
}

/** Takes the promise back. Only of what is RESERVED. @throws Error when a SKU is left out. */
export const release = ({ stock, reservation }: Held, reason: string): Held => ({
  reservation: { ...reservation, status: 'RELEASED', reason },
  stock: moved(stock, reservation.lines, releasing),
})

/** The goods leave. Only of what is RESERVED. @throws Error when a SKU is left out. */
export const issue = ({ stock, reservation }: Held): Held => ({
  reservation: { ...reservation, status: 'ISSUED' },
  stock: moved(stock, reservation.lines, issuing),
})

type Placed = Extract<Incoming<'inventory'>, { type: 'OrderPlaced' }>
type Captured = Extract<Incoming<'inventory'>, { type: 'PaymentCaptured' }>

const sameLines = (a: readonly Line[], b: readonly Line[]): boolean =>
  a.length === b.length && a.every(({ sku, quantity }, i) => sku === b[i]?.sku && quantity === b[i]?.quantity)

/** An order is placed once, by one event, whatever another one says. Of what an earlier release kept only the lines are known. */
const isSameOrder = ({ lines, placed }: Reservation, { id, data }: Placed): boolean =>
  placed === undefined ? sameLines(lines, data.lines) : placed.eventId === id

/** What of a payment is not the order's; `undefined` when it is all right. */
const whyAnotherPayment = (placed: Origin | undefined, { correlationId, causationId, data }: Captured): string | undefined => {
  if (placed === undefined) return undefined
  if (correlationId !== placed.eventId) return `it belongs to the saga of another order, ${correlationId}`
  if (causationId !== placed.eventId) return `it pays for the order that ${causationId ?? 'nobody'} told of, not for this one`
  const isSame = data.amount === placed.total && data.currency === placed.currency && data.customerId === placed.customerId
  return isSame ? undefined : `it is not the payment that is due: ${placed.total} ${placed.currency} of the order's customer`
}

/** Why delivery cannot have decided so on what was reserved; `undefined` when it can. */
const whyNoAnswer = (
  reservation: Reservation | undefined,
  { correlationId, causationId }: Pick<Captured, 'correlationId' | 'causationId'>,
  decided: 'RELEASED' | 'ISSUED',
): string | undefined => {
  const status = reservation?.status
  if (status === undefined || status === 'REJECTED') return 'it answers a reservation, but nothing was reserved'
  const saga = reservation?.placed?.eventId
  if (saga !== undefined && correlationId !== saga) return `it belongs to the saga of another order, ${correlationId}`
  if (reservation?.reservedId !== undefined && causationId !== reservation.reservedId)
    return `it answers the reservation ${causationId ?? 'of nobody'}, which is not this order's`
  return status === 'RESERVED' || status === decided ? undefined : `it was decided otherwise: the reservation is ${status}`
}

const decider: Decider<'inventory', State, [isWithheld: IsWithheld]> = {
  OrderPlaced: (state, event) => {
    const { reservation } = state
    const { id, correlationId, data } = event
    if (correlationId !== id) return { state, emit: [], suspicious: 'it does not begin the saga that it belongs to' }
    if (reservation === undefined) {
      const { lines, customerId, total, currency } = data
      return { state: { ...state, reservation: { lines, placed: { eventId: id, customerId, total, currency } } }, emit: [] }
    }
    if (isSameOrder(reservation, event)) return { state, emit: [] }
    const remembered = reservation.status === undefined && !reservation.contradicted
    const after = remembered ? { ...state, reservation: { ...reservation, contradicted: true as const } } : state
    return { state: after, emit: [], suspicious: 'it is another order than the one that was placed before' }
  },

  // OrderPlaced has come: the choreography says that this one needs it.
  PaymentCaptured: (state, event, isWithheld) => {
    const { reservation, stock } = state
    if (reservation === undefined) throw new Error('PaymentCaptured was carried out before OrderPlaced, which it needs')
    const suspicious = whyAnotherPayment(reservation.placed, event)
    if (suspicious !== undefined) return { state, emit: [], suspicious }
    if (reservation.status !== undefined) return { state, emit: [] }
    const held = { stock, reservation: { ...reservation, capturedId: event.id } }
    const { rejection, ...after } = reservation.contradicted
      ? rejected(held, { reason: 'order_contradicted' })
      : reserve(held, isWithheld)
    return rejection === undefined
      ? { state: after, emit: [{ type: 'StockReserved', data: { lines: [...reservation.lines] } }] }
      : { state: after, emit: [{ type: 'StockRejected', data: rejection }] }
  },

  DeliveryRejected: (state, event) => {
    const { reservation, stock } = state
    const { reason } = event.data
    const suspicious = whyNoAnswer(reservation, event, 'RELEASED')
    if (suspicious !== undefined) return { state, emit: [], suspicious }
    if (reservation?.status !== 'RESERVED') return { state, emit: [] }
    const { lines, capturedId } = reservation
    const payment = capturedId === undefined ? {} : { paymentId: capturedId }
    return {
      state: release({ stock, reservation }, reason),
      emit: [{ type: 'StockReleased', data: { lines: [...lines], reason, ...payment } }],
    }
  },

  DeliveryScheduled: (state, event) => {
    const { reservation, stock } = state
    const suspicious = whyNoAnswer(reservation, event, 'ISSUED')
    if (suspicious !== undefined) return { state, emit: [], suspicious }
    if (reservation?.status !== 'RESERVED') return { state, emit: [] }
    return { state: issue({ stock, reservation }), emit: [] }
  },
}

/** The reservation with what is needed later of an event that it told. */
export const remember = (reservation: Reservation, told: { readonly id: string; readonly type: string }): Reservation =>
  told.type === 'StockReserved' ? { ...reservation, reservedId: told.id } : reservation

export const decide = (
  state: State,
  event: Incoming<'inventory'>,
  isWithheld: IsWithheld = () => false,
): Decision<State, Emitted<'inventory'>> => decideBy(decider, state, event, isWithheld)

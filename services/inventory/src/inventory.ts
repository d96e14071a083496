/** Pure: what inventory decides. All lines of an order are reserved or none, once; then released or issued, once. */
import { type Decider, decideBy, type Emitted, type Incoming } from '@shop/choreography'

type PaymentCaptured = Extract<Incoming<'inventory'>, { type: 'PaymentCaptured' }>

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

/** The reservation of one order, from the first that is heard of it. */
export interface Reservation {
  /** Inventory's own copy; absent until OrderPlaced came. */
  readonly lines?: readonly Line[]
  /** Came before OrderPlaced, and waits for the lines; gone when it is decided. */
  readonly early?: PaymentCaptured
  /** Absent until it is decided. */
  readonly status?: 'RESERVED' | 'REJECTED' | 'RELEASED' | 'ISSUED'
  readonly reason?: string
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

const reserve: Move = (s, quantity) => ({ ...s, reserved: s.reserved + quantity })
const release: Move = (s, quantity) => ({ ...s, reserved: s.reserved - quantity })
const issue: Move = (s, quantity) => ({
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

const decider: Decider<'inventory', State, [isWithheld: IsWithheld]> = {
  OrderPlaced: (state, { data: { lines } }) =>
    state.reservation?.lines === undefined
      ? { state: { ...state, reservation: { ...state.reservation, lines } }, emit: [] }
      : { state, emit: [] },

  PaymentCaptured: (state, event, isWithheld) => {
    const { reservation, stock } = state
    if (reservation?.status !== undefined) return { state, emit: [] }
    const lines = reservation?.lines
    if (lines === undefined)
      return reservation?.early ? { state, emit: [] } : { state: { ...state, reservation: { early: event } }, emit: [] }
    const rejection = whyRejected(stock, lines, isWithheld)
    if (rejection !== undefined)
      return {
        state: { ...state, reservation: { lines, status: 'REJECTED', reason: rejection.reason } },
        emit: [{ type: 'StockRejected', data: rejection }],
      }
    return {
      state: { reservation: { lines, status: 'RESERVED' }, stock: moved(stock, lines, reserve) },
      emit: [{ type: 'StockReserved', data: { lines: [...lines] } }],
    }
  },

  DeliveryRejected: (state, { data: { reason } }) => {
    const { reservation, stock } = state
    if (reservation?.status !== 'RESERVED' || reservation.lines === undefined) return { state, emit: [] }
    const { lines } = reservation
    return {
      state: { reservation: { lines, status: 'RELEASED', reason }, stock: moved(stock, lines, release) },
      emit: [{ type: 'StockReleased', data: { lines: [...lines], reason } }],
    }
  },

  DeliveryScheduled: (state) => {
    const { reservation, stock } = state
    if (reservation?.status !== 'RESERVED' || reservation.lines === undefined) return { state, emit: [] }
    const { lines } = reservation
    return { state: { reservation: { lines, status: 'ISSUED' }, stock: moved(stock, lines, issue) }, emit: [] }
  },
}

/** What is told, and the event that it answers: not always the one that came in last. */
export interface Told {
  readonly cause: Incoming<'inventory'>
  readonly fact: Emitted<'inventory'>
}

/** Decides the event and, once the lines are there, the PaymentCaptured that was waiting for them. */
export const decide = (
  state: State,
  event: Incoming<'inventory'>,
  isWithheld: IsWithheld = () => false,
): { readonly state: State; readonly told: readonly Told[] } => {
  const first = decideBy(decider, state, event, isWithheld)
  const told = first.emit.map((fact) => ({ cause: event, fact }))
  const early = first.state.reservation?.early
  if (early === undefined || first.state.reservation?.lines === undefined) return { state: first.state, told }
  const second = decideBy(decider, first.state, early, isWithheld)
  return { state: second.state, told: [...told, ...second.emit.map((fact) => ({ cause: early, fact }))] }
}

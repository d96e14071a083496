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
  /** Absent until it is paid for and decided. */
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
    state.reservation === undefined ? { state: { ...state, reservation: { lines } }, emit: [] } : { state, emit: [] },

  // OrderPlaced has come: the choreography says that this one needs it.
  PaymentCaptured: (state, _event, isWithheld) => {
    const { reservation, stock } = state
    if (reservation === undefined) throw new Error('PaymentCaptured was carried out before OrderPlaced, which it needs')
    if (reservation.status !== undefined) return { state, emit: [] }
    const { lines } = reservation
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
    if (reservation?.status !== 'RESERVED') return { state, emit: [] }
    const { lines } = reservation
    return {
      state: { reservation: { lines, status: 'RELEASED', reason }, stock: moved(stock, lines, release) },
      emit: [{ type: 'StockReleased', data: { lines: [...lines], reason } }],
    }
  },

  DeliveryScheduled: (state) => {
    const { reservation, stock } = state
    if (reservation?.status !== 'RESERVED') return { state, emit: [] }
    const { lines } = reservation
    return { state: { reservation: { lines, status: 'ISSUED' }, stock: moved(stock, lines, issue) }, emit: [] }
  },
}

export const decide = (
  state: State,
  event: Incoming<'inventory'>,
  isWithheld: IsWithheld = () => false,
): Decision<State, Emitted<'inventory'>> => decideBy(decider, state, event, isWithheld)

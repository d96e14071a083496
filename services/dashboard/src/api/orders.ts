/** As the topics tell it: CANCELLING is an open order with a request to cancel. */
export type OrderState = 'PENDING' | 'CANCELLING' | 'CONFIRMED' | 'CANCELLED'

export interface OrderSummary {
  readonly orderId: string
  readonly state: OrderState
  /** Absent as long as OrderPlaced has not been seen: topics are independent. */
  readonly customerId?: string
  readonly total?: number
  readonly currency?: string
  /** Why it was cancelled, such as `out_of_stock`. */
  readonly reason?: string
  /** Of its earliest event. */
  readonly firstAt: string
  /** Of its latest event. */
  readonly lastAt: string
  readonly lastType: string
  /** Its final event; absent while it is open. */
  readonly endedAt?: string
  /** From firstAt to endedAt. */
  readonly durationMs?: number
  /** Events without copies. */
  readonly events: number
  /** Copies of its events on the topics (same event id), which consumers drop. */
  readonly duplicates: number
  /** Copies of its events on dead-letter topics. */
  readonly deadLetters: number
  /** A step of it has been undone. */
  readonly compensated: boolean
  /** Services that have yet to answer, empty once it has ended. */
  readonly waitingFor: readonly string[]
}

export interface Totals extends Readonly<Record<OrderState, number>> {
  readonly all: number
  /** Events without copies, since the store was made. */
  readonly events: number
  readonly duplicates: number
  readonly deadLetters: number
  /** Records that could not be taken, since the store was made: the log says which and why. Absent without any. */
  readonly leftOut?: number
}

export interface OrderPage {
  readonly orders: readonly OrderSummary[]
  /** Of all orders, whatever the filter. */
  readonly totals: Totals
  /** Give it as `cursor` for the next page; absent on the last one. */
  readonly nextCursor?: string
}

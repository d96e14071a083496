/** Pure: what payment decides. An order is paid at most once and refunded at most once, whatever comes and however often. */
import { type Decider, type Decision, decideBy, type Emitted, type EmittedOn, type Incoming } from '@shop/choreography'
import type { Telling } from '@shop/messaging'

/** The payment of one order; `undefined` as long as nothing is known of it. Amounts are minor units. */
export interface Payment extends Telling {
  readonly status: 'CAPTURED' | 'DECLINED' | 'REFUNDED'
  readonly customerId: string
  readonly amount: number
  readonly currency: string
  readonly reason?: string
  /**
   * The PaymentCaptured that was told; absent when nothing was captured, in payments of before decision 17, and where the order was told
   * again: it may have been captured before, and what undoes that names the first capture.
   */
  readonly capturedId?: string
}

/** A customer's account; `undefined` when there is none. */
export interface Account {
  readonly balance: number
  readonly currency: string
  readonly blocked: boolean
}

export interface State {
  readonly payment: Payment | undefined
  readonly account: Account | undefined
}

/** What is to be paid, in minor units. */
export interface Charge {
  readonly customerId: string
  readonly amount: number
  readonly currency: string
}

const whyDeclined = (account: Account | undefined, { amount, currency }: Charge, refused: boolean): string | undefined => {
  if (account === undefined) return 'unknown_customer'
  if (refused) return 'payment_refused'
  if (account.blocked) return 'account_blocked'
  if (account.currency !== currency) return 'currency_mismatch'
  if (account.balance < amount) return 'insufficient_funds'
  return undefined
}

/** Takes the money of an order that was not decided on before: CAPTURED, or DECLINED with the reason. @param refused declines it, whatever the account says. */
export const capture = (account: Account | undefined, charge: Charge, refused = false): State & { readonly payment: Payment } => {
  const reason = whyDeclined(account, charge, refused)
  if (reason !== undefined || account === undefined)
    return { account, payment: { status: 'DECLINED', ...charge, ...(reason && { reason }) } }
  return { account: { ...account, balance: account.balance - charge.amount }, payment: { status: 'CAPTURED', ...charge } }
}

/** Gives back what was captured; what was refunded before stays as it is. @throws Error when nothing was captured, or there is no account. */
export const refund = (state: State, reason: string): State & { readonly payment: Payment } => {
  const { payment, account } = state
  if (payment === undefined || payment.status === 'DECLINED') throw new Error('nothing was captured that could be refunded')
  if (payment.status === 'REFUNDED') return { payment, account }
  if (account === undefined) throw new Error(`the account of ${payment.customerId} is missing, but it was captured from`)
  return {
    payment: { ...payment, status: 'REFUNDED', reason },
    account: { ...account, balance: account.balance + payment.amount },
  }
}

type Refund = Decision<State, Extract<Emitted<'payment'>, { type: 'PaymentRefunded' }>>

/** Why an event cannot undo the payment; `undefined` when it can. What an earlier release captured cannot be compared. */
const whyNotUndone = ({ told, capturedId }: Payment, { saga, paymentId }: Undoing): string | undefined => {
  if (capturedId !== undefined && capturedId !== paymentId)
    return `it undoes the payment ${paymentId ?? 'of nobody'}, which is not this order's`
  const own = told?.[0]?.correlationId
  return own === undefined || own === saga ? undefined : `it belongs to the saga ${saga}, in which nothing was captured`
}

/** What an event says of what it undoes: the saga, and the capture. */
interface Undoing {
  readonly saga: string
  readonly paymentId: string | undefined
}

const undo = (state: State, undoing: Undoing, reason: string): Refund => {
  const { payment } = state
  if (payment === undefined || payment.status === 'DECLINED')
    return { state, emit: [], suspicious: 'it undoes a payment, but nothing was captured' }
  const suspicious = whyNotUndone(payment, undoing)
  if (suspicious !== undefined) return { state, emit: [], suspicious }
  if (payment.status === 'REFUNDED') return { state, emit: [] }
  const { customerId, amount, currency } = payment
  return { state: refund(state, reason), emit: [{ type: 'PaymentRefunded', data: { customerId, amount, currency, reason } }] }
}

type Placed = Extract<Incoming<'payment'>, { type: 'OrderPlaced' }>

/** True for the event that was decided on. Of what an earlier release decided only the payment is known. */
const isAnswered = ({ told, customerId, amount, currency }: Payment, { id, data }: Placed): boolean => {
  const first = told?.[0]?.causationId
  if (first !== undefined) return first === id
  return customerId === data.customerId && amount === data.total && currency === data.currency
}

/** So many events of one order are answered; a sound one has three. */
const answersMax = 8

/**
 * The order was decided on before. Another one of the same id is declined, once: whoever placed it hears of it, and its order ends unpaid.
 * What was captured for the first stays as it is: nobody here knows which of them is true.
 */
const placedAgain = (state: State, payment: Payment, placed: Placed): Decision<State, EmittedOn<'payment', 'OrderPlaced'>> => {
  if (isAnswered(payment, placed)) return { state, emit: [] }
  const told = payment.told ?? []
  const { customerId } = placed.data
  const isSilent = told.length >= answersMax || told.some((t) => t.causationId === placed.id)
  const emit = isSilent ? [] : [{ type: 'PaymentDeclined', data: { customerId, reason: 'order_contradicted' } } as const]
  return payment.status === 'DECLINED'
    ? { state, emit }
    : { state, emit, suspicious: 'it is another order than the one that was paid for' }
}

const decider: Decider<'payment', State, [refused: boolean]> = {
  OrderPlaced: (state, event, refused) => {
    const { payment, account } = state
    if (event.correlationId !== event.id) return { state, emit: [], suspicious: 'it does not begin the saga that it belongs to' }
    if (payment !== undefined) return placedAgain(state, payment, event)
    const { customerId, total: amount, currency } = event.data
    const after = capture(account, { customerId, amount, currency }, refused)
    const { status, reason = '' } = after.payment
    return status === 'DECLINED'
      ? { state: after, emit: [{ type: 'PaymentDeclined', data: { customerId, reason } }] }
      : { state: after, emit: [{ type: 'PaymentCaptured', data: { customerId, amount, currency } }] }
  },
  StockRejected: (state, { correlationId, causationId, data: { reason } }) =>
    undo(state, { saga: correlationId, paymentId: causationId }, reason),
  StockReleased: (state, { correlationId, data: { reason, paymentId } }) =>
    undo(state, { saga: correlationId, paymentId }, reason),
}

/** The payment with what is needed later of an event that it told. */
export const remember = (payment: Payment, told: { readonly id: string; readonly type: string }): Payment =>
  told.type === 'PaymentCaptured' ? { ...payment, capturedId: told.id } : payment

/** @param refused a payment that is not captured yet is declined, whatever the account says. */
export const decide = (state: State, event: Incoming<'payment'>, refused = false): Decision<State, Emitted<'payment'>> =>
  decideBy(decider, state, event, refused)

/** The account after a deposit; `undefined` when its balance would be more than a number holds exactly (2^53 − 1 minor units). */
export const deposited = (account: Account, amount: number): Account | undefined =>
  account.balance > Number.MAX_SAFE_INTEGER - amount ? undefined : { ...account, balance: account.balance + amount }

/** The accounts of the shop's own books, beside `customer:<id>`. */
export const revenue = 'shop:revenue'
export const funding = 'external:funding'
export const customerAccount = (customerId: string): string => `customer:${customerId}`

/** One movement of money in double entry: minor units leave `from` and arrive at `to`. */
export interface Transfer {
  readonly kind: 'capture' | 'refund' | 'deposit'
  readonly from: string
  readonly to: string
  readonly amount: number
  readonly currency: string
}

/** The movement that an event of payment stands for; `undefined` when no money moves. */
export const transferOf = ({ type, data }: Emitted<'payment'>): Transfer | undefined => {
  if (type === 'PaymentDeclined') return undefined
  const { amount, currency, customerId } = data
  return type === 'PaymentCaptured'
    ? { kind: 'capture', from: customerAccount(customerId), to: revenue, amount, currency }
    : { kind: 'refund', from: revenue, to: customerAccount(customerId), amount, currency }
}

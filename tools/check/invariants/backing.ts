/** Which state belongs to which event, in both directions. */
import { type OrderView, sameLines } from '../order-view.ts'
import type { EventName, EventOf, EventRecord } from '../snapshot.ts'

type Reservation = NonNullable<OrderView['reservation']>
type Shipment = NonNullable<OrderView['shipment']>

/** Says what is missing, or `undefined` when the state is there. */
type Missing<Name extends EventName> = (o: OrderView, event: EventOf<Name>) => string | undefined

const inHistory = (o: OrderView, event: EventRecord): string | undefined => {
  if (o.order === undefined) return 'there is no such order'
  const entry = o.order.history.find((e) => e.eventId === event.id)
  if (entry === undefined) return 'the history of the order does not have it'
  return entry.type === event.type && entry.causationId === event.causationId ? undefined : 'the history has it otherwise'
}

const moved = (kind: string) => (o: OrderView, event: EventOf<'PaymentCaptured' | 'PaymentRefunded'>) => {
  const { amount, currency, customerId } = event.data
  const entries = o.ledger.filter((e) => e.transactionId === event.id && e.kind === kind)
  if (entries.length === 0) return `the ledger has no ${kind} with its id`
  if (!entries.every((e) => Math.abs(e.amount) === amount && e.currency === currency))
    return `the ledger has another amount than ${amount} ${currency}`
  return o.payment?.customerId === customerId ? undefined : `the payment is not one of ${customerId}`
}

const reserved =
  (...statuses: readonly Reservation['status'][]) =>
  (o: OrderView, event: EventOf<'StockReserved' | 'StockReleased'>) => {
    const status = o.reservation?.status
    if (!statuses.includes(status)) return `the reservation is ${status ?? 'undecided'}`
    return sameLines(o.reservation?.lines ?? [], event.data.lines) ? undefined : 'the reservation has other lines'
  }

const shipment = (status: Shipment['status'], o: OrderView) =>
  o.shipment?.status === status ? undefined : `the delivery is ${o.shipment?.status ?? 'undecided'}`

/** Events without a rule here have no state that could be compared. */
const rules: { readonly [Name in EventName]?: Missing<Name> } = {
  OrderPlaced: (o, event) => {
    const missing = inHistory(o, event)
    if (missing !== undefined || o.order === undefined) return missing
    const { total, currency, customerId, lines } = o.order
    const isSame = event.data.total === total && event.data.currency === currency && event.data.customerId === customerId
    return isSame && sameLines(lines, event.data.lines) ? undefined : 'the order is another one'
  },
  OrderCancellationRequested: inHistory,
  OrderConfirmed: inHistory,
  OrderCancelled: inHistory,
  PaymentCaptured: moved('capture'),
  PaymentRefunded: moved('refund'),
  // Of two orders under one id, the one that came later is declined, whatever became of the other.
  PaymentDeclined: (o) =>
    o.payment?.status === 'DECLINED' || o.isContradicted ? undefined : `the payment is ${o.payment?.status ?? 'not there'}`,
  StockReserved: reserved('RESERVED', 'RELEASED', 'ISSUED'),
  StockReleased: reserved('RELEASED'),
  StockRejected: (o) =>
    o.reservation?.status === 'REJECTED' ? undefined : `the reservation is ${o.reservation?.status ?? 'undecided'}`,
  DeliveryScheduled: (o, event) =>
    shipment('SCHEDULED', o) ?? (o.shipment?.carrier === event.data.carrier ? undefined : 'another carrier has it'),
  DeliveryRejected: (o) => shipment('REJECTED', o),
}

export const missingStateOf = (o: OrderView, event: EventRecord): string | undefined => {
  const rule = (rules as Partial<Record<string, (o: OrderView, event: EventRecord) => string | undefined>>)[event.type]
  return rule?.(o, event)
}

/** An event that must have been told because of a change. */
interface Expected {
  readonly type: string
  /** Where the state keeps it. */
  readonly id?: string
  /** What changed. */
  readonly change: string
}

const reservationEvents = {
  RESERVED: ['StockReserved'],
  ISSUED: ['StockReserved'],
  RELEASED: ['StockReserved', 'StockReleased'],
  REJECTED: ['StockRejected'],
} as const

/** The events that the state of all services tells of. */
export const eventsOf = (o: OrderView): Expected[] => {
  const { order, payment, reservation, shipment: delivery } = o
  const booked = new Map(o.ledger.map((e) => [e.transactionId, e.kind] as const))
  return [
    ...(order?.history ?? []).map(({ type, eventId }) => ({ type, id: eventId, change: 'the history has it' })),
    ...[...booked].map(([id, kind]) => ({
      type: kind === 'capture' ? 'PaymentCaptured' : 'PaymentRefunded',
      id,
      change: `the ledger has a ${kind}`,
    })),
    ...(payment?.status === 'DECLINED' ? [{ type: 'PaymentDeclined', change: 'the payment is DECLINED' }] : []),
    ...(reservation?.status ? reservationEvents[reservation.status] : []).map((type) => ({
      type,
      change: `the reservation is ${reservation?.status}`,
    })),
    ...(delivery?.status
      ? [
          {
            type: delivery.status === 'SCHEDULED' ? 'DeliveryScheduled' : 'DeliveryRejected',
            change: `the delivery is ${delivery.status}`,
          },
        ]
      : []),
  ]
}

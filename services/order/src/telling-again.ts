/** Pure: the events that the order service has told of an order, made again from its state and history. */
import type { Emitted } from '@shop/choreography'
import type { Message } from '@shop/messaging'
import { type Order, placed } from './order.ts'

type Own = Emitted<'order'>

/** By type, what was told; absent when the state knows nothing of it. */
const dataOf: { readonly [T in Own['type']]: (order: Order) => Extract<Own, { type: T }>['data'] | undefined } = {
  OrderPlaced: (order) => placed(order).data,
  OrderCancellationRequested: ({ cancellationRequestedBy: cause }) => (cause === undefined ? undefined : { cause }),
  OrderConfirmed: ({ customerId, total, currency }) => ({ customerId, total, currency }),
  OrderCancelled: ({ customerId, total, currency, reason = '' }) => ({ customerId, total, currency, reason }),
}

const isOwn = (type: string): type is Own['type'] => Object.hasOwn(dataOf, type)

/**
 * What the order service has told of an order, with the same ids, times and causes, in the order in which it was told. The request to
 * cancel an order that was confirmed all the same is left out: it came too late, and to a delivery that has forgotten the order it would be in time.
 */
export const tellAgain = (orderId: string, order: Order): readonly Message[] =>
  order.history.flatMap(({ type, at, eventId, causationId }): Message[] => {
    if (!isOwn(type)) return []
    if (type === 'OrderCancellationRequested' && order.status === 'CONFIRMED') return []
    const data = dataOf[type](order)
    if (data === undefined) return []
    const causedBy = causationId === undefined ? {} : { causationId }
    return [{ id: eventId, type, key: orderId, at, correlationId: order.correlationId, ...causedBy, data }]
  })

/** Services that believe what they could compare with what they know. */
import { eventNamed, type Incoming, sourceOf, topicOf } from '@shop/choreography'
import type { ConsumedRecord } from '@shop/messaging'
import { reactions as inventoryReactions } from '../../../services/inventory/src/reactions.ts'
import type { Order } from '../../../services/order/src/order.ts'
import { reactions as paymentReactions } from '../../../services/payment/src/reactions.ts'
import { inventoryTables, paymentTables } from '../tables.ts'
import type { Bug } from './bug.ts'

/** Orders, by what they know of an event that is claimed: the delivery answers whatever was reserved. */
const answering = (order: Order | undefined, event: Incoming<'order'>): Incoming<'order'> => {
  const reserved = order?.history.find((e) => e.type === 'StockReserved')
  return event.type === 'DeliveryScheduled' && reserved !== undefined ? { ...event, causationId: reserved.eventId } : event
}

const refunding = (order: Order | undefined, event: Incoming<'order'>): Incoming<'order'> =>
  event.type === 'PaymentRefunded' && order !== undefined
    ? { ...event, data: { ...event.data, customerId: order.customerId, amount: order.total, currency: order.currency } }
    : event

/** The record as the owner of its type would have written it. */
const asOfItsOwner = (record: ConsumedRecord): ConsumedRecord => {
  const definition = eventNamed(record.headers.ce_type?.split('.')[2] ?? '')
  if (definition === undefined || record.key === null) return record
  const headers = { ...record.headers, ce_source: sourceOf(definition), ce_subject: record.key }
  return { ...record, topic: topicOf(definition), headers }
}

const forgetting = <State extends object, Key extends keyof State>(states: ReadonlyMap<string, State>, key: Key) =>
  new Map([...states].map(([id, state]) => [id, { ...state, [key]: undefined } as State]))

export const bugsInDoubts: readonly Bug[] = [
  {
    name: 'refund-for-anybody',
    does: 'refunds whatever capture a StockRejected or StockReleased is about',
    plant: () => ({
      paymentReact: paymentReactions({
        ...paymentTables,
        lockPayments: async (work, ids) => forgetting(await paymentTables.lockPayments(work, ids), 'capturedId'),
      }),
    }),
  },
  {
    name: 'goods-for-anybody',
    does: 'moves goods for a delivery that answers no reservation of its own',
    plant: () => ({
      inventoryReact: inventoryReactions({
        ...inventoryTables,
        lockReservations: async (work, ids) => forgetting(await inventoryTables.lockReservations(work, ids), 'reservedId'),
      }),
    }),
  },
  {
    name: 'reserved-for-a-cent',
    does: 'reserves for a payment of any amount, by anybody',
    plant: () => ({
      inventoryReact: inventoryReactions({
        ...inventoryTables,
        lockReservations: async (work, ids) => forgetting(await inventoryTables.lockReservations(work, ids), 'placed'),
      }),
    }),
  },
  {
    name: 'anybody-may-write',
    does: 'believes an event on whatever topic it stands, whoever wrote it',
    plant: (real) => ({
      recordHandler: (options) => {
        const handle = real.recordHandler(options)
        return (records, assignment) => handle(records.map(asOfItsOwner), assignment)
      },
    }),
  },
  {
    name: 'confirmed-by-anybody',
    does: 'confirms an order for a delivery that answers no reservation of it',
    plant: (real) => ({
      orderReact: (orders, fresh, doubt) =>
        real.orderReact(
          orders,
          fresh.map((e) => answering(orders.get(e.key), e)),
          doubt,
        ),
    }),
  },
  {
    name: 'refunded-by-anybody',
    does: 'cancels an order for a refund of whatever amount',
    plant: (real) => ({
      orderReact: (orders, fresh, doubt) =>
        real.orderReact(
          orders,
          fresh.map((e) => refunding(orders.get(e.key), e)),
          doubt,
        ),
    }),
  },
  {
    name: 'delivers-for-anybody',
    does: 'delivers what was reserved in another saga, or other lines than were ordered',
    plant: (real) => ({
      deliveryReact: async (shipments, fresh, doubt) => {
        for (const { key } of fresh) {
          const { placed: _, ...shipment } = shipments.get(key) ?? {}
          if (shipments.get(key) !== undefined) shipments.set(key, shipment)
        }
        return real.deliveryReact(shipments, fresh, doubt)
      },
    }),
  },
]

/** Services that decide wrongly. Named as those of `npm run simulate`, where it plants the same. */
import type { ServiceName } from '@shop/choreography'
import type { Shipment } from '../../../services/delivery/src/shipment.ts'
import type { Reservation } from '../../../services/inventory/src/inventory.ts'
import type { Order } from '../../../services/order/src/order.ts'
import type { Payment } from '../../../services/payment/src/payment.ts'
import type { Accounts, After, Before, Service, Stocks, Tell } from '../choreographed/services.ts'
import type { Message } from '../kit.ts'
import { type Bug, both, finding, inKit, inService } from './bug.ts'

type Change = (after: After, message: Message, before: Before, tell: Tell) => After

/** Changes what a service has made of a message. */
const afterwards = (real: Service, change: Change): Pick<Service, 'react'> => ({
  react: (before, message, isRefused, tell) => change(real.react(before, message, isRefused, tell), message, before, tell),
})

const on =
  (type: string, change: Change): Change =>
  (after, message, before, tell) =>
    message.type === type ? change(after, message, before, tell) : after

/** An inbox hides that a decider does not look at what it has done: a copy comes under another id, so that both have to be missing. */
const pastInbox = (service: ServiceName, types: readonly string[]) => {
  const renamed = (message: Message): Message => ({ ...message, id: `${message.id}/again` })
  return inKit(() => ({ republished: (message) => (types.includes(message.type) ? renamed(message) : message) }), [service])
}

const withReserved = (stocks: Stocks, change: (sku: string, reserved: number) => number): Stocks =>
  Object.fromEntries(Object.entries(stocks).map(([sku, s]) => [sku, { ...s, reserved: change(sku, s.reserved) }]))

const inOrder: readonly Bug[] = [
  {
    name: 'cancels-without-asking',
    does: 'cancels a pending order at once instead of asking delivery, which owns the pivot',
    plant: (real) => ({
      ...real,
      requestCancellation: (order, cause) => {
        if (order.status !== 'PENDING') return { order, emit: [] }
        const { customerId, total, currency } = order
        const fact = { type: 'OrderCancelled', data: { customerId, total, currency, reason: cause } }
        return { order: { ...order, status: 'CANCELLED', reason: cause }, emit: [fact] }
      },
    }),
  },
  {
    name: 'confirms-unreserved',
    does: 'confirms an order as soon as it is paid',
    plant: inService('order', (real) =>
      afterwards(
        real,
        on('PaymentCaptured', (after, message, _before, tell) => {
          const order = after.state as Order
          if (order.status !== 'PENDING') return after
          const { customerId, total, currency } = order
          const told = tell(message, { type: 'OrderConfirmed', data: { customerId, total, currency } })
          return { ...after, state: { ...order, status: 'CONFIRMED' }, told: [told] }
        }),
      ),
    ),
  },
  {
    name: 'last-event-wins',
    does: 'sets the status by whichever event came last',
    plant: inService('order', (real) =>
      afterwards(real, (after, { type }) =>
        type === 'PaymentCaptured' || type === 'StockReserved'
          ? { ...after, state: { ...(after.state as Order), status: 'PENDING' } }
          : after,
      ),
    ),
  },
  {
    name: 'history-forgets',
    does: 'keeps no more than four events in the history',
    plant: inService('order', (real) =>
      afterwards(real, (after) => {
        const order = after.state as Order
        return { ...after, state: { ...order, history: order.history.slice(-4) } }
      }),
    ),
  },
]

/** Minor units: more than any order costs. */
const lent = 1_000_000

const plus = (accounts: unknown, amount: number): Accounts =>
  Object.fromEntries(Object.entries(accounts as Accounts).map(([id, a]) => [id, { ...a, balance: a.balance + amount }]))

const inPayment: readonly Bug[] = [
  {
    name: 'refund-wrong-amount',
    does: 'refunds a cent less than was captured',
    plant: inService('payment', (real) => finding<Payment>(real, (payment) => ({ ...payment, amount: payment.amount - 1 }))),
  },
  {
    name: 'refund-not-idempotent',
    does: 'refunds again when the same compensation is asked for again: neither the inbox nor the status stops it',
    plant: both(
      pastInbox('payment', ['StockRejected', 'StockReleased']),
      inService('payment', (real) => finding<Payment>(real, (p) => (p.status === 'REFUNDED' ? { ...p, status: 'CAPTURED' } : p))),
    ),
  },
  {
    name: 'refund-before-release',
    does: 'refunds as soon as somebody asks to cancel, while the goods are still reserved',
    plant: inService('payment', (real) => ({
      consumes: new Set([...real.consumes, 'OrderCancellationRequested']),
      react: (before, message, isRefused, tell) =>
        message.type === 'OrderCancellationRequested'
          ? real.react(before, { ...message, type: 'StockReleased', data: { reason: 'order_cancelled' } }, isRefused, tell)
          : real.react(before, message, isRefused, tell),
    })),
  },
  {
    name: 'overdraws',
    does: 'captures whatever the account has',
    plant: inService('payment', (real) => ({
      react: (before, message, isRefused, tell) => {
        const after = real.react({ ...before, shared: plus(before.shared, lent) }, message, isRefused, tell)
        return { ...after, shared: plus(after.shared, -lent) }
      },
    })),
  },
]

const inInventory: readonly Bug[] = [
  {
    name: 'stock-released-twice',
    does: 'takes back again what a released order had reserved: neither the inbox nor the status stops it',
    plant: both(
      pastInbox('inventory', ['DeliveryRejected']),
      inService('inventory', (real) =>
        finding<Reservation>(real, (r) => (r.status === 'RELEASED' ? { ...r, status: 'RESERVED' } : r)),
      ),
    ),
  },
  {
    name: 'reserve-some-lines',
    does: 'keeps the lines reserved that were there when another one was not',
    plant: inService('inventory', (real) =>
      afterwards(real, (after) => {
        const stocks = after.shared as Stocks
        if (!after.told.some((m) => m.type === 'StockRejected')) return after
        return { ...after, shared: withReserved(stocks, (sku, reserved) => (sku === 'tea' ? reserved + 1 : reserved)) }
      }),
    ),
  },
  {
    name: 'release-forgotten',
    does: 'tells that the goods are free again, and keeps them reserved',
    plant: inService('inventory', (real) =>
      afterwards(real, (after, _message, before) =>
        after.told.some((m) => m.type === 'StockReleased') ? { ...after, shared: before.shared } : after,
      ),
    ),
  },
  {
    name: 'compensation-forgotten',
    does: 'never hears that a delivery was rejected',
    plant: inService('inventory', (real) =>
      afterwards(
        real,
        on('DeliveryRejected', (_after, _message, before) => ({ ...before, told: [] })),
      ),
    ),
  },
  {
    name: 'issue-forgotten',
    does: 'never takes delivered goods out of the stock',
    plant: inService('inventory', (real) =>
      afterwards(
        real,
        on('DeliveryScheduled', (_after, _message, before) => ({ ...before, told: [] })),
      ),
    ),
  },
  {
    name: 'oversells',
    does: 'promises goods that are promised to another order already',
    orders: 2,
    plant: inService('inventory', (real) => ({
      react: (before, message, isRefused, tell) => {
        if (message.type !== 'PaymentCaptured') return real.react(before, message, isRefused, tell)
        const stocks = before.shared as Stocks
        const after = real.react({ ...before, shared: withReserved(stocks, () => 0) }, message, isRefused, tell)
        return { ...after, shared: withReserved(after.shared as Stocks, (sku, own) => own + (stocks[sku]?.reserved ?? 0)) }
      },
    })),
  },
]

const inDelivery: readonly Bug[] = [
  {
    name: 'tombstone-missing',
    does: 'forgets a cancellation that comes before the stock',
    plant: inService('delivery', (real) =>
      afterwards(real, (after) => {
        const { cancellationRequested: _, ...shipment } = (after.state ?? {}) as Shipment
        return { ...after, state: shipment }
      }),
    ),
  },
  {
    name: 'cancelled-after-pivot',
    does: 'takes a scheduled delivery back when the customer cancels',
    plant: inService('delivery', (real) =>
      afterwards(
        real,
        on('OrderCancellationRequested', (after, message, _before, tell) => {
          const shipment = after.state as Shipment
          if (shipment.status !== 'SCHEDULED') return after
          const told = tell(message, { type: 'DeliveryRejected', data: { reason: 'order_cancelled' } })
          return { ...after, state: { ...shipment, status: 'REJECTED', reason: 'order_cancelled' }, told: [told] }
        }),
      ),
    ),
  },
]

export const bugsInDecisions: readonly Bug[] = [...inOrder, ...inPayment, ...inInventory, ...inDelivery]

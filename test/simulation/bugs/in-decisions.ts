/** Services that decide wrongly, or that write down something else than they decided. */
import { causedBy, type Documents, type Message, startedBy } from '@shop/messaging'
import type { MemoryTransaction } from '@shop/messaging/memory'
import type { Shipment } from '../../../services/delivery/src/shipment.ts'
import type { Reservation, Stock } from '../../../services/inventory/src/inventory.ts'
import { reactions as inventoryReactions } from '../../../services/inventory/src/reactions.ts'
import type { cancelOrder } from '../../../services/order/src/cancelling.ts'
import type { Order } from '../../../services/order/src/order.ts'
import { reactions as paymentReactions } from '../../../services/payment/src/reactions.ts'
import { inventoryTables, paymentTables } from '../tables.ts'
import type { Bug } from './bug.ts'
import { RepeatingTables } from './in-stores.ts'

const refundWrongAmount: Bug = {
  name: 'refund-wrong-amount',
  does: 'refunds a cent less than was captured',
  plant: () => ({
    paymentReact: paymentReactions({
      ...paymentTables,
      lockPayments: async (work, ids) => {
        const payments = await paymentTables.lockPayments(work, ids)
        return new Map([...payments].map(([id, p]) => [id, { ...p, amount: p.amount - 1 }]))
      },
    }),
  }),
}

/** Two guards at once: either of them alone hides that the other one is missing. */
const refundTwice: Bug = {
  name: 'refund-not-idempotent',
  does: 'refunds again when the same compensation is asked for again: neither the inbox nor the status stops it',
  plant: (real) => ({
    openTables: (service, tables, gap) =>
      service === 'payment' ? new RepeatingTables(tables) : real.openTables(service, tables, gap),
    paymentReact: paymentReactions({
      ...paymentTables,
      lockPayments: async (work, ids) => {
        const payments = await paymentTables.lockPayments(work, ids)
        return new Map([...payments].map(([id, p]) => [id, p.status === 'REFUNDED' ? { ...p, status: 'CAPTURED' } : p]))
      },
    }),
  }),
}

const releaseTwice: Bug = {
  name: 'stock-released-twice',
  does: 'takes back twice what a released order had reserved, as far as anything is reserved',
  plant: () => ({
    inventoryReact: inventoryReactions({
      ...inventoryTables,
      saveStock: async (work, stock) => {
        const again = (sku: string, after: Stock): Stock => {
          const before = work.get<Stock>('stock', sku)
          if (before === undefined || after.issued !== before.issued || after.reserved >= before.reserved) return after
          return { ...after, reserved: Math.max(0, 2 * after.reserved - before.reserved) }
        }
        await inventoryTables.saveStock(work, new Map([...stock].map(([sku, after]) => [sku, again(sku, after)])))
      },
    }),
  }),
}

const reserveSome: Bug = {
  name: 'reserve-some-lines',
  does: 'keeps the lines reserved that were there when another one was not',
  plant: (real) => ({
    inventoryReact: async (work, fresh, doubt) => {
      const told = await real.inventoryReact(work, fresh, doubt)
      for (const m of told) if (m.type === 'StockRejected') reserveWhatIsThere(work, m.key)
      return told
    },
  }),
}

const reserveWhatIsThere = (work: MemoryTransaction, orderId: string): void => {
  for (const { sku, quantity } of work.get<Reservation>('reservations', orderId)?.lines ?? []) {
    const stock = work.get<Stock>('stock', sku)
    if (stock === undefined || stock.onHand - stock.reserved < quantity) return
    work.set<Stock>('stock', sku, { ...stock, reserved: stock.reserved + quantity })
  }
}

const without = <M extends Message>(fresh: readonly M[], type: string): readonly M[] => fresh.filter((m) => m.type !== type)

const issueForgotten: Bug = {
  name: 'issue-forgotten',
  does: 'never takes delivered goods out of the stock',
  plant: (real) => ({
    inventoryReact: (work, fresh, doubt) => real.inventoryReact(work, without(fresh, 'DeliveryScheduled'), doubt),
  }),
}

type DeliveryChange = (shipments: Documents<Shipment>, event: Message) => readonly Message[]

/** Changes what delivery has made of each event. */
const afterDelivery = (name: string, does: string, change: DeliveryChange): Bug => ({
  name,
  does,
  plant: (real) => ({
    deliveryReact: async (shipments, fresh, doubt) => {
      const told: Message[] = []
      for (const event of fresh) {
        told.push(...(await real.deliveryReact(shipments, [event], doubt)))
        told.push(...change(shipments, event))
      }
      return told
    },
  }),
})

const tombstoneMissing = afterDelivery(
  'tombstone-missing',
  'forgets a cancellation that comes before the stock',
  (shipments, { key }) => {
    const { cancellationRequested: _, ...rest } = shipments.get(key) ?? {}
    shipments.set(key, rest)
    return []
  },
)

const cancelledAfterPivot = afterDelivery(
  'cancelled-after-pivot',
  'takes a scheduled delivery back when the customer cancels',
  (shipments, event) => {
    const shipment = shipments.get(event.key)
    if (event.type !== 'OrderCancellationRequested' || shipment?.status !== 'SCHEDULED') return []
    shipments.set(event.key, { ...shipment, status: 'REJECTED', reason: 'order_cancelled' })
    return [causedBy(event, { type: 'DeliveryRejected', data: { reason: 'order_cancelled' } })]
  },
)

const afterOrder = (name: string, does: string, change: (orders: Documents<Order>, event: Message) => void): Bug => ({
  name,
  does,
  plant: (real) => ({
    orderReact: async (orders, fresh, doubt) => {
      const told: Message[] = []
      for (const event of fresh) {
        told.push(...(await real.orderReact(orders, [event], doubt)))
        change(orders, event)
      }
      return told
    },
  }),
})

const lastEventWins = afterOrder('last-event-wins', 'sets the status by whichever event came last', (orders, { key, type }) => {
  const order = orders.get(key)
  if (order !== undefined && (type === 'PaymentCaptured' || type === 'StockReserved'))
    orders.set(key, { ...order, status: 'PENDING' })
})

const historyShort = afterOrder('history-forgets', 'keeps no more than four events in the history', (orders, { key }) => {
  const order = orders.get(key)
  if (order !== undefined) orders.set(key, { ...order, history: order.history.slice(-4) })
})

const cancelsAtOnce: Bug = {
  name: 'cancels-without-asking',
  does: 'cancels a pending order at once instead of asking delivery, which owns the pivot',
  plant: () => ({
    cancelOrder: (store, id, cause) =>
      store.change<Awaited<ReturnType<typeof cancelOrder>>>(id, (order) => {
        if (order === undefined) return { emit: [], result: undefined }
        if (order.status !== 'PENDING') return { emit: [], result: { outcome: 'too-late', order } }
        const { customerId, total, currency, correlationId } = order
        const data = { customerId, total, currency, reason: cause }
        const told = startedBy({ key: id, correlationId }, { type: 'OrderCancelled', data })
        const after: Order = { ...order, status: 'CANCELLED', reason: cause }
        return { state: after, emit: [told], result: { outcome: 'requested', order: after } }
      }),
  }),
}

const keyIgnored: Bug = {
  name: 'key-ignored',
  does: 'makes a new order each time a request with an Idempotency-Key is sent again',
  plant: (real) => ({
    acceptOrders: (store, options) => {
      const placeOrder = real.acceptOrders(store, options)
      return (command, request) => placeOrder(command, { ...request, idempotencyKey: undefined })
    },
  }),
}

export const bugsInDecisions: readonly Bug[] = [
  refundWrongAmount,
  refundTwice,
  releaseTwice,
  reserveSome,
  issueForgotten,
  tombstoneMissing,
  cancelledAfterPivot,
  lastEventWins,
  historyShort,
  cancelsAtOnce,
  keyIgnored,
]

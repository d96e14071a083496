/** Who reacts to what. If it is not in this file, it does not happen. Nothing executes it; everything else is derived from it. */
import { choreograph, ignoring, needing, on } from './define.ts'
import { DeliveryRejected, DeliveryScheduled } from './events/delivery.ts'
import { StockRejected, StockReleased, StockReserved } from './events/inventory.ts'
import { OrderCancellationRequested, OrderCancelled, OrderConfirmed, OrderPlaced } from './events/order.ts'
import { PaymentCaptured, PaymentDeclined, PaymentRefunded } from './events/payment.ts'

export const choreography = choreograph({
  order: {
    topic: 'shop.order',
    starts: {
      PlaceOrder: [OrderPlaced],
      CancelOrder: [OrderCancellationRequested],
      DeadlinePassed: [OrderCancellationRequested],
    },
    reactions: [
      on(PaymentCaptured),
      on(StockReserved),
      needing(on(DeliveryScheduled, OrderConfirmed), PaymentCaptured, StockReserved),
      on(PaymentDeclined, OrderCancelled),
      on(PaymentRefunded, OrderCancelled),
    ],
  },
  payment: {
    topic: 'shop.payment',
    starts: {},
    reactions: [
      ignoring(on(OrderPlaced, PaymentCaptured, PaymentDeclined), 'shippingAddress'),
      on(StockRejected, PaymentRefunded),
      on(StockReleased, PaymentRefunded),
    ],
  },
  inventory: {
    topic: 'shop.inventory',
    starts: {},
    reactions: [
      ignoring(on(OrderPlaced), 'shippingAddress'),
      needing(on(PaymentCaptured, StockReserved, StockRejected), OrderPlaced),
      on(DeliveryRejected, StockReleased),
      on(DeliveryScheduled),
    ],
  },
  delivery: {
    topic: 'shop.delivery',
    starts: {},
    reactions: [
      on(OrderPlaced),
      ignoring(on(OrderCancellationRequested), 'cause'),
      needing(on(StockReserved, DeliveryScheduled, DeliveryRejected), OrderPlaced),
    ],
  },
  notification: {
    starts: {},
    reactions: [on(OrderConfirmed), on(OrderCancelled)],
  },
})

/** The go/no-go step: every step before it has a compensation, every step after it is only retried. */
export const pivot = DeliveryScheduled

/** Step → the event that undoes it. */
export const compensations = [
  { step: PaymentCaptured, undoneBy: PaymentRefunded },
  { step: StockReserved, undoneBy: StockReleased },
] as const

/** Events that end a saga. */
export const terminal = [OrderConfirmed, OrderCancelled] as const

/** Every order ends once, and the services that end it agree. */
import type { Invariant } from '../invariant.ts'

const endOf = { CONFIRMED: 'OrderConfirmed', CANCELLED: 'OrderCancelled' } as const

export const orderEndedOnce: Invariant = {
  id: 'order-ended-once',
  title: 'Every accepted order ended in exactly one of CONFIRMED or CANCELLED, as its history tells',
  begin: (_shop, found) => {
    const figures = { orders: 0, confirmed: 0, cancelled: 0, open: 0 }
    return {
      order: ({ orderId, order }) => {
        if (order === undefined) return
        figures.orders++
        const ends = order.history.map((e) => e.type).filter((t) => t === 'OrderConfirmed' || t === 'OrderCancelled')
        const begins = order.history.filter((e) => e.type === 'OrderPlaced')
        if (begins.length !== 1) found(`OrderPlaced stands ${begins.length} times in the history`, orderId)
        if (order.status === 'CONFIRMED' || order.status === 'CANCELLED') {
          figures[order.status === 'CONFIRMED' ? 'confirmed' : 'cancelled']++
          if (ends.length !== 1 || ends[0] !== endOf[order.status])
            found(`is ${order.status}, but its history ends with ${ends.join(', ') || 'nothing'}`, orderId)
        } else {
          figures.open++
          found(`is ${order.status}${ends.length > 0 ? `, though its history tells ${ends.join(', ')}` : ' still'}`, orderId)
        }
      },
      figures: () => figures,
    }
  },
}

export const deliveryAgrees: Invariant = {
  id: 'delivery-agrees',
  title: 'Exactly the CONFIRMED orders are scheduled for delivery, the pivot; a cancellation was refused only for these',
  begin: (_shop, found) => {
    const figures = { scheduled: 0, rejected: 0, undecided: 0, refusedCancellations: 0 }
    return {
      order: ({ orderId, order, shipment, isOpen }) => {
        const status = shipment?.status
        figures[status === 'SCHEDULED' ? 'scheduled' : status === 'REJECTED' ? 'rejected' : 'undecided']++
        if (order?.cancellationRefused) figures.refusedCancellations++
        if (order === undefined) {
          if (status !== undefined) found(`delivery is ${status}, but there is no such order`, orderId)
          return
        }
        if (isOpen) return
        if ((order.status === 'CONFIRMED') !== (status === 'SCHEDULED'))
          found(`is ${order.status}, but its delivery is ${status ?? 'undecided'}`, orderId)
        if (shipment?.waiting && status === undefined) found('delivery keeps a StockReserved waiting for the address', orderId)
        if (order.cancellationRefused && order.status !== 'CONFIRMED')
          found(`its cancellation was refused, but it is ${order.status}`, orderId)
      },
      figures: () => figures,
    }
  },
}

export const notificationAgrees: Invariant = {
  id: 'notification-agrees',
  title: 'What customers were told of an order is how it ended',
  notIn: { 'two-phase': 'nobody tells customers here', orchestrated: 'nobody tells customers here' },
  begin: (_shop, found) => {
    const figures = { notifications: 0 }
    const statusOf = { 'order-confirmed': 'CONFIRMED', 'order-cancelled': 'CANCELLED' } as const
    return {
      order: ({ orderId, order, notification }) => {
        if (notification === undefined) return
        figures.notifications++
        if (statusOf[notification.kind] !== order?.status)
          found(`was notified of as ${notification.kind}, but is ${order?.status ?? 'no order'}`, orderId)
      },
      figures: () => figures,
    }
  },
}

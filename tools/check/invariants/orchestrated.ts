/** What an orchestrated saga owes beside the shop's own invariants. */
import type { Invariant } from '../invariant.ts'

const statusOf: Readonly<Record<string, string>> = { COMPLETED: 'CONFIRMED', UNDONE: 'CANCELLED' }

export const sagasEnded: Invariant = {
  id: 'sagas-ended',
  title: 'Every order has a saga, which ended as the order did and waits for nothing',
  onlyIn: 'orchestrated',
  begin: (_shop, found) => {
    const figures = { completed: 0, undone: 0, underWay: 0 }
    return {
      order: ({ orderId, order, saga }) => {
        if (saga?.status === 'COMPLETED') figures.completed++
        else if (saga?.status === 'UNDONE') figures.undone++
        else if (saga !== undefined) figures.underWay++
        if (saga === undefined) return order === undefined ? undefined : found('has no saga', orderId)
        if (order === undefined) return found(`has a saga that is ${saga.status}, but there is no such order`, orderId)
        if (saga.awaits !== null) found(`its saga still waits for an answer to ${saga.awaits}`, orderId)
        if (statusOf[saga.status] !== order.status) found(`is ${order.status}, but its saga is ${saga.status}`, orderId)
      },
      figures: () => figures,
    }
  },
}

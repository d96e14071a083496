/** Services that believe what they could compare with what they know. */
import { reactions as inventoryReactions } from '../../../services/inventory/src/reactions.ts'
import { reactions as paymentReactions } from '../../../services/payment/src/reactions.ts'
import { inventoryTables, paymentTables } from '../tables.ts'
import type { Bug } from './bug.ts'

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
]

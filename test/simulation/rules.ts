/** What must hold of a run beyond the invariants of the shop: what clients were promised, and what only a run's own view shows. */
import type { Order } from '../../services/order/src/order.ts'
import type { Violation } from '../check/invariants.ts'
import { sameLines } from '../check/order-view.ts'
import type { Answer } from './customers.ts'
import type { World } from './world.ts'

export interface Breach extends Violation {
  /** The invariant or rule. */
  readonly id: string
}

const isOrderOf = ({ request: { command } }: Answer, order: Order): boolean =>
  order.customerId === command.customerId && sameLines(order.lines, command.lines)

/** A client that was given an order has it; the same key has given the same order. */
export const answersKept = ({ databases }: World, answers: readonly Answer[]): Breach[] => {
  const id = 'answers-kept'
  const byKey = new Map<string, string>()
  return answers.flatMap((answer): Breach[] => {
    const { orderId, request } = answer
    if (orderId === undefined) return []
    const order = databases.order.documents.get(orderId)?.state
    if (order === undefined) return [{ id, orderId, text: 'was accepted, but there is no such order' }]
    if (!isOrderOf(answer, order)) return [{ id, orderId, text: 'was accepted, but is another order than was asked for' }]
    if (request.key === undefined) return []
    const first = byKey.get(request.key) ?? orderId
    byKey.set(request.key, first)
    return first === orderId ? [] : [{ id, orderId, text: `${request.key} gave another order before: ${first}` }]
  })
}

/** Delivery, the owner of the pivot, rejects an order of whose cancellation it heard before it could schedule it. */
export const cancellationsHonoured = ({ databases }: World, typesById: ReadonlyMap<string, string>): Breach[] =>
  [...databases.delivery.documents].flatMap(([orderId, { state, handled }]) => {
    const types = handled.map((id) => typesById.get(id))
    const cancelled = types.indexOf('OrderCancellationRequested')
    const decidable = Math.max(types.indexOf('OrderPlaced'), types.indexOf('StockReserved'))
    const isInTime = cancelled >= 0 && types.includes('StockReserved') && cancelled < decidable
    return isInTime && state?.status === 'SCHEDULED'
      ? [{ id: 'cancellations-honoured', orderId, text: 'delivery knew of the cancellation, and scheduled it' }]
      : []
  })

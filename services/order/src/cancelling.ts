import { type DocumentStore, type Message, startedBy } from '@shop/messaging'
import { type CancellationCause, type Order, remember, requestCancellation } from './order.ts'

/** Asks for an order to be cancelled and stores what follows. @returns `undefined` when there is no such order. */
export const cancelOrder = (store: Pick<DocumentStore<Order>, 'change'>, id: string, cause: CancellationCause) =>
  store.change(id, (order) => {
    if (order === undefined) return { emit: [], result: undefined }
    const { outcome, order: after, emit } = requestCancellation(order, cause)
    const told: Message[] = emit.map((fact) => startedBy({ key: id, correlationId: order.correlationId }, fact))
    const state = remember(after, ...told)
    return { state, emit: told, result: { outcome, order: state } }
  })

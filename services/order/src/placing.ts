import { type DocumentStore, gather, type NewDocument, Overloaded } from '@shop/messaging'
import type { Deadlines } from './deadlines.ts'
import { fingerprintOf, newOrder } from './new-order.ts'
import { type Order, type PlaceOrder, type Product, price } from './order.ts'
import type { Pace } from './pace.ts'

export interface AcceptingOptions {
  readonly products: ReadonlyMap<string, Product>
  readonly deadlines: Pick<Deadlines, 'placed'>
  /** How long an order may stay PENDING, in milliseconds. */
  readonly deadlineMs: number
  readonly pace: Pick<Pace, 'isBehind'>
  /** Above this many messages that wait for the broker, no more orders are taken. */
  readonly outboxDepthMax: number
}

export interface PlacingRequest {
  readonly idempotencyKey?: string | undefined
  readonly traceparent?: string | undefined
}

/**
 * - `placed`: the order is stored, and its saga begins. `repeated`: the same key has placed it before.
 * - `unknown-product`: of the line with this index. `key-reused`: the key has placed another order.
 * - All others: nothing was stored, and it may be tried again. `behind`: more comes in than is completed; `outbox-full`: too many messages
 *   wait for the broker; `too-many`: at once; `not-stored`: something else is kept under its id.
 */
export type Placing =
  | { readonly outcome: 'placed' | 'repeated'; readonly orderId: string; readonly order: Order }
  | { readonly outcome: 'unknown-product'; readonly line: number }
  | { readonly outcome: 'key-reused' | 'behind' | 'outbox-full' | 'too-many' | 'not-stored' }

const ordersPerWriteMax = 200
const ordersWaitingMax = 2_000

/**
 * Takes orders for one process: orders that come at the same time are stored by one write.
 * @returns places an order, unless there is too much to do already.
 */
export const acceptOrders = (
  store: Pick<DocumentStore<Order>, 'create' | 'change' | 'backlog'>,
  { products, deadlines, deadlineMs, pace, outboxDepthMax }: AcceptingOptions,
): ((command: PlaceOrder, request: PlacingRequest) => Promise<Placing>) => {
  const create = gather<NewDocument<Order>, boolean>({
    run: async (documents) => {
      const first = new Map(documents.map((d) => [d.key, d] as const).reverse())
      const existing = await store.create([...first.values()])
      return documents.map((d) => first.get(d.key) === d && !existing.has(d.key))
    },
    maxItems: ordersPerWriteMax,
    maxQueued: ordersWaitingMax,
  })

  return async (command, { idempotencyKey, traceparent }) => {
    const priced = price(command, products)
    if ('unknownLine' in priced) return { outcome: 'unknown-product', line: priced.unknownLine }
    if (pace.isBehind()) return { outcome: 'behind' }
    if ((await store.backlog()).count > outboxDepthMax) return { outcome: 'outbox-full' }
    const document = newOrder(command, priced, { deadlineMs, idempotencyKey, traceparent })
    let isNew: boolean | undefined
    try {
      ;[isNew] = await create([document])
    } catch (error) {
      if (error instanceof Overloaded) return { outcome: 'too-many' }
      throw error
    }
    const { key: orderId, state } = document
    if (isNew) {
      deadlines.placed(orderId, Date.parse(state.deadlineAt))
      return { outcome: 'placed', orderId, order: state }
    }
    const earlier = await store.change(orderId, (order) => ({ emit: [], result: order }))
    if (earlier === undefined) return { outcome: 'not-stored' }
    if (earlier.fingerprint !== fingerprintOf(command)) return { outcome: 'key-reused' }
    return { outcome: 'repeated', orderId, order: earlier }
  }
}

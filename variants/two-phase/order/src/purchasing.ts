/** Places orders, has them bought, and finds out how those ended of which it did not hear. */

import type { Log } from '@shop/service-host'
import type { PostgresMessageStore } from '@shop/store-postgres'
import type { Pool, PoolClient } from 'pg'
import { z } from 'zod'
import { fingerprintOf, newOrder } from '../../../../services/order/src/new-order.ts'
import {
  cancel,
  hasEnded,
  type Order,
  type PlaceOrder,
  type Product,
  price,
  requestCancellation,
} from '../../../../services/order/src/order.ts'
import { call, type Reach } from '../../protocol/participants.ts'
import type { Purchase } from '../../purchase-body.ts'
import { addOrder, type Change, changeOrder, findOrder, type OrderWithId, openOrders } from './orders.ts'

export interface PurchasingOptions {
  readonly pool: Pool
  readonly store: PostgresMessageStore
  readonly coordinator: Reach
  readonly products: ReadonlyMap<string, Product>
  readonly log: Log
}

export type Placing =
  | (OrderWithId & { readonly outcome: 'ended' | 'repeated' })
  /** It is not known yet how it ends. */
  | (OrderWithId & { readonly outcome: 'unknown' })
  | { readonly outcome: 'unknown-product'; readonly line: number }
  | { readonly outcome: 'key-reused' }

/** In which the coordinator has to know: longer than all participants may take. */
const purchaseMsMax = 40_000
const inquiryMsMax = 5_000
const askedPerSweepMax = 200
/** An order does not wait for anything: this is the time after which whoever looks at it may wonder. */
const deadlineMs = 60_000

const bought = z.object({ outcome: z.enum(['commit', 'abort']) })
const outcome = z.object({ outcome: z.enum(['commit', 'abort', 'undecided']) })

/** Ends an order that is open; one that has ended stays as it is. */
const cancelledFor =
  (reason: string) =>
  (order: Order): Change =>
    hasEnded(order) ? { refused: 'order_ended' } : { order: cancel(order, reason), tells: 'OrderCancelled' }

export const purchasing = ({ pool, store, coordinator, products, log }: PurchasingOptions) => {
  const change = (orderId: string, to: (order: Order) => Change) =>
    store.transaction(async (client: PoolClient) => {
      await client.query('SET LOCAL lock_timeout = 2000')
      return { result: await changeOrder(client, orderId, to), emit: [] }
    })

  const buy = async (orderId: string, { customerId, lines, total, currency, shippingAddress }: Order): Promise<void> => {
    const wanted = lines.map(({ sku, quantity }) => ({ sku, quantity }))
    const purchase: Purchase = { orderId, customerId, lines: wanted, total, currency, shippingAddress }
    await call(coordinator, { method: 'POST', path: '/admin/purchases', body: purchase, msMax: purchaseMsMax }, bought)
  }

  return {
    /** Resolves when it is known how the order ended, or cannot be known. */
    place: async (command: PlaceOrder, idempotencyKey: string | undefined): Promise<Placing> => {
      const priced = price(command, products)
      if ('unknownLine' in priced) return { outcome: 'unknown-product', line: priced.unknownLine }
      const { key: orderId, state: placed } = newOrder(command, priced, { deadlineMs, idempotencyKey })
      if (!(await addOrder(pool, { orderId, order: placed }))) {
        const order = (await findOrder(pool, orderId)) ?? placed
        return order.fingerprint === fingerprintOf(command) ? { outcome: 'repeated', orderId, order } : { outcome: 'key-reused' }
      }
      await buy(orderId, placed).catch((err) => log.warn({ err, orderId }, 'the coordinator does not say how the order ends'))
      const order = (await findOrder(pool, orderId)) ?? placed
      return { outcome: hasEnded(order) ? 'ended' : 'unknown', orderId, order }
    },

    /** A no of this participant, in time. @throws a transient error while the order is prepared: it is locked until it is decided. */
    requestCancellation: async (orderId: string) => {
      let answer: ReturnType<typeof requestCancellation> | undefined
      await change(orderId, (order) => {
        answer = requestCancellation(order, 'customer')
        return answer.outcome === 'requested' ? { order: answer.order } : { refused: answer.outcome }
      })
      return answer
    },

    cancelled: (orderId: string, reason: string) => change(orderId, cancelledFor(reason)),

    /** Asks for the end of orders that are open for so long. */
    askForEnds: async (openMsMin: number): Promise<void> => {
      for (const orderId of await openOrders(pool, openMsMin, askedPerSweepMax)) {
        const asked = { method: 'POST', path: `/admin/purchases/${orderId}/outcome`, msMax: inquiryMsMax }
        const { outcome: ended } = await call(coordinator, asked, outcome)
        // a commit is the coordinator's to carry out
        if (ended === 'abort') await change(orderId, cancelledFor('transaction_aborted'))
      }
    },
  }
}

export type Purchasing = ReturnType<typeof purchasing>

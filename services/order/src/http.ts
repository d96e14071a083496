import type { Faults } from '@shop/messaging'
import { conflict, idempotencyKey, notFound, type Problem, parse, unavailable, unprocessable } from '@shop/service-host'
import type { MongoMessageStore } from '@shop/store-mongo'
import { Router } from 'express'
import { z } from 'zod'
import { cursorOf, listQuery, orderBody, orderId, readCursor, view } from './api.ts'
import { cancelOrder } from './cancelling.ts'
import type { Order } from './order.ts'
import { type AcceptingOptions, acceptOrders, type Placing } from './placing.ts'
import { findOrder, listOrders, type OrderModel } from './store.ts'

export interface OrderRoutesOptions extends AcceptingOptions {
  readonly store: MongoMessageStore<Order>
  readonly model: OrderModel
  readonly faults?: Faults | undefined
}

/** Why there is no order. */
const refusalOf = (placing: Exclude<Placing, { orderId: string }>, { outboxDepthMax }: AcceptingOptions): Problem => {
  switch (placing.outcome) {
    case 'unknown-product': {
      const field = `lines[${placing.line}].sku`
      return unprocessable(`the body is not valid: ${field}`, [{ field, message: 'no such product; GET /products lists them' }])
    }
    case 'key-reused':
      return unprocessable('this Idempotency-Key was used with another body', [
        { field: 'Idempotency-Key', message: 'use a new key for another order' },
      ])
    case 'behind':
      return unavailable(5, 'orders come in faster than they can be completed; try again shortly')
    case 'outbox-full':
      return unavailable(2, `more than ${outboxDepthMax} events wait for the broker; try again shortly`)
    case 'too-many':
      return unavailable(1, 'too many orders at once; try again shortly')
    case 'not-stored':
      return unavailable(1, 'the order could not be stored; try again')
  }
}

export const routes = (options: OrderRoutesOptions): Router => {
  const { store, model, products, faults } = options
  const placeOrder = acceptOrders(store, options)
  const router = Router()

  router.get('/products', (_req, res) => void res.json({ products: [...products.values()] }))

  router.post('/orders', async (req, res) => {
    const key = idempotencyKey(req)
    const command = parse(orderBody, req.body, 'body')
    const placing = await placeOrder(command, { idempotencyKey: key, traceparent: req.get('traceparent') })
    if (!('orderId' in placing)) throw refusalOf(placing, options)
    const { orderId, outcome } = placing
    await faults?.pass('http-after-store', ['OrderPlaced'], [orderId])
    if (outcome === 'repeated') res.set('Idempotent-Replayed', 'true')
    res.status(201).location(`/orders/${orderId}`).json(view(placing))
  })

  router.get('/orders', async (req, res) => {
    const { cursor, ...query } = parse(listQuery, req.query, 'query')
    const orders = await listOrders(model, { ...query, after: cursor === undefined ? undefined : readCursor(cursor) })
    const last = orders.length === query.limit ? orders.at(-1) : undefined
    res.json({ orders: orders.map(view), ...(last === undefined ? {} : { nextCursor: cursorOf(last) }) })
  })

  router.get('/orders/:id', async (req, res) => {
    const { id } = parse(orderId, req.params, 'params')
    const order = await findOrder(model, id.toLowerCase())
    if (order === undefined) throw notFound(`order ${id}`)
    res.json(view({ orderId: id.toLowerCase(), order }))
  })

  router.post('/orders/:id/cancel', async (req, res) => {
    const id = parse(orderId, req.params, 'params').id.toLowerCase()
    if (req.body !== undefined) parse(z.strictObject({}), req.body, 'body')
    const cancellation = await cancelOrder(store, id, 'customer')
    await faults?.pass('http-after-store', ['OrderCancellationRequested'], [id])
    if (cancellation === undefined) throw notFound(`order ${id}`)
    if (cancellation.outcome === 'too-late') throw conflict(`order ${id} is ${cancellation.order.status} and cannot be cancelled`)
    res.status(202).json(view({ orderId: id, order: cancellation.order }))
  })

  return router
}

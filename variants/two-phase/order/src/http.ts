import { conflict, idempotencyKey, notFound, Problem, parse, unprocessable } from '@shop/service-host'
import { Router } from 'express'
import type { Pool } from 'pg'
import { z } from 'zod'
import { cursorOf, listQuery, orderBody, orderId, readCursor, view } from '../../../../services/order/src/api.ts'
import type { Product } from '../../../../services/order/src/order.ts'
import { findOrder, listOrders } from './orders.ts'
import type { Placing, Purchasing } from './purchasing.ts'

interface RoutesOptions {
  readonly pool: Pool
  readonly products: ReadonlyMap<string, Product>
  readonly purchases: Purchasing
}

const refusalOf = (placing: Exclude<Placing, { orderId: string }>): Problem => {
  if (placing.outcome === 'key-reused')
    return unprocessable('this Idempotency-Key was used with another body', [
      { field: 'Idempotency-Key', message: 'use a new key for another order' },
    ])
  const field = `lines[${placing.line}].sku`
  return unprocessable(`the body is not valid: ${field}`, [{ field, message: 'no such product; GET /products lists them' }])
}

/** The shop's API; but that POST /orders answers when it is known how the order ended, and 503 when that cannot be known now. */
export const routes = ({ pool, products, purchases }: RoutesOptions): Router => {
  const router = Router()
  router.get('/products', (_req, res) => void res.json({ products: [...products.values()] }))

  router.post('/orders', async (req, res) => {
    const placing = await purchases.place(parse(orderBody, req.body, 'body'), idempotencyKey(req))
    if (!('orderId' in placing)) throw refusalOf(placing)
    const location = `/orders/${placing.orderId}`
    if (placing.outcome === 'unknown') {
      const headers = { Location: location, 'Retry-After': '1' }
      throw new Problem(503, `it is not known yet how order ${placing.orderId} ends: ask for ${location}`, { headers })
    }
    if (placing.outcome === 'repeated') res.set('Idempotent-Replayed', 'true')
    res.status(201).location(location).json(view(placing))
  })

  router.get('/orders', async (req, res) => {
    const { cursor, ...query } = parse(listQuery, req.query, 'query')
    const orders = await listOrders(pool, { ...query, after: cursor === undefined ? undefined : readCursor(cursor) })
    const last = orders.length === query.limit ? orders.at(-1) : undefined
    res.json({ orders: orders.map(view), ...(last === undefined ? {} : { nextCursor: cursorOf(last) }) })
  })

  router.get('/orders/:id', async (req, res) => {
    const id = parse(orderId, req.params, 'params').id.toLowerCase()
    const order = await findOrder(pool, id)
    if (order === undefined) throw notFound(`order ${id}`)
    res.json(view({ orderId: id, order }))
  })

  router.post('/orders/:id/cancel', async (req, res) => {
    const id = parse(orderId, req.params, 'params').id.toLowerCase()
    if (req.body !== undefined) parse(z.strictObject({}), req.body, 'body')
    const cancellation = await purchases.requestCancellation(id)
    if (cancellation === undefined) throw notFound(`order ${id}`)
    if (cancellation.outcome === 'too-late') throw conflict(`order ${id} is ${cancellation.order.status} and cannot be cancelled`)
    res.status(202).json(view({ orderId: id, order: cancellation.order }))
  })
  return router
}

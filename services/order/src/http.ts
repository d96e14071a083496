import type { Faults } from '@shop/messaging'
import {
  badRequest,
  conflict,
  idempotencyKey,
  notFound,
  type Problem,
  parse,
  unavailable,
  unprocessable,
} from '@shop/service-host'
import type { MongoMessageStore } from '@shop/store-mongo'
import { Router } from 'express'
import { z } from 'zod'
import { cancelOrder } from './cancelling.ts'
import type { Order } from './order.ts'
import { type AcceptingOptions, acceptOrders, type Placing } from './placing.ts'
import { findOrder, listOrders, type OrderModel, type OrderWithId } from './store.ts'

export interface OrderRoutesOptions extends AcceptingOptions {
  readonly store: MongoMessageStore<Order>
  readonly model: OrderModel
  readonly faults?: Faults | undefined
}

const text = (lengthMax: number) => z.string().trim().min(1).max(lengthMax)
const orderId = z.strictObject({ id: z.uuid() })
const customerId = z.string().regex(/^[\w.@-]{1,64}$/, 'expected 1 to 64 letters, digits or any of _ . @ -')
const sku = z.string().regex(/^[\w.-]{1,64}$/, 'expected 1 to 64 letters, digits or any of _ . -')

const orderBody = z.strictObject({
  customerId,
  lines: z
    .array(z.strictObject({ sku, quantity: z.int().min(1).max(1_000_000) }))
    .min(1)
    .max(100),
  shippingAddress: z.strictObject({
    name: text(200),
    street: text(200),
    city: text(100),
    postalCode: text(20),
    country: z.string().regex(/^[A-Z]{2}$/, 'expected a country of two capital letters, as in ISO 3166-1'),
  }),
})

const listQuery = z.strictObject({
  status: z.enum(['PENDING', 'CANCELLING', 'CONFIRMED', 'CANCELLED']).optional(),
  customerId: customerId.optional(),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.number().min(1).max(200))
    .default(50),
  cursor: z.string().max(200).optional(),
})

/** What the API shows of an order; its shape is fixed. */
const view = ({ orderId, order }: OrderWithId) => ({
  orderId,
  status: order.status,
  ...(order.reason === undefined ? {} : { reason: order.reason }),
  ...(order.cancellationRequestedBy === undefined ? {} : { cancellationRequestedBy: order.cancellationRequestedBy }),
  ...(order.cancellationRefused === undefined ? {} : { cancellationRefused: order.cancellationRefused }),
  customerId: order.customerId,
  total: order.total,
  currency: order.currency,
  lines: order.lines,
  shippingAddress: order.shippingAddress,
  placedAt: order.placedAt,
  deadlineAt: order.deadlineAt,
  correlationId: order.correlationId,
  history: [...order.history].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
})

const cursorOf = ({ orderId, order }: OrderWithId): string => Buffer.from(`${order.placedAt} ${orderId}`).toString('base64url')
const readCursor = (cursor: string): { placedAt: string; orderId: string } => {
  const [placedAt = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split(' ')
  if (Number.isNaN(Date.parse(placedAt)) || !z.uuid().safeParse(id).success)
    throw badRequest('the query is not valid: cursor', [{ field: 'cursor', message: 'expected the nextCursor of a page before' }])
  return { placedAt, orderId: id }
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

import type { OrderSelection, PlacedOrder } from '@shop/participant'
import { type MessageDocument, messageDocumentModel, type Upgrade } from '@shop/store-mongo'
import type { Connection, Model } from 'mongoose'
import type { Order, Product, Status } from './order.ts'

export type OrderModel = Model<MessageDocument<Order>>

export const orderModel = (connection: Connection): OrderModel =>
  messageDocumentModel<Order>(connection, 'orders', [
    { 'state.placedAt': -1, _id: -1 },
    { 'state.customerId': 1, 'state.placedAt': -1, _id: -1 },
    { 'state.status': 1, 'state.placedAt': -1, _id: -1 },
  ])

/** Before decision 17 a delivery waited for nothing, and nothing but the history said what had come. */
export const upgradeOrder: Upgrade<Order> = (state) => {
  const types = new Set(state.history.map((e) => e.type))
  return { state, arrived: ['PaymentCaptured', 'StockReserved'].filter((type) => types.has(type)), waiting: [] }
}

export interface OrderWithId {
  readonly orderId: string
  readonly order: Order
}

/** A document without a state only keeps the ids of events of an order that was never placed here. */
const withId = (d: Pick<MessageDocument<Order | null>, '_id' | 'state'>): OrderWithId[] =>
  d.state === null ? [] : [{ orderId: d._id, order: d.state }]

export const findOrder = async (model: OrderModel, orderId: string): Promise<Order | undefined> => {
  const found = await model.findById(orderId, { state: 1 }).lean()
  return found?.state ?? undefined
}

/** Those of the orders that are known. */
export const findOrders = async (model: OrderModel, orderIds: readonly string[]): Promise<readonly OrderWithId[]> => {
  const found = await model
    .find<MessageDocument<Order | null>>({ _id: { $in: orderIds } } as object, { state: 1 })
    .limit(orderIds.length)
    .lean()
  return found.flatMap(withId)
}

/** The oldest first: placed at a time or later, or not ended although placed before a time. */
export const placedOrders = async (model: OrderModel, selection: OrderSelection): Promise<readonly PlacedOrder[]> => {
  const { placedAfter, openBefore, limit, after } = selection
  const filter: Record<string, unknown> = {
    'state.status': openBefore === undefined ? { $exists: true } : { $in: ['PENDING', 'CANCELLING'] },
    'state.placedAt': {
      ...(placedAfter === undefined ? {} : { $gte: placedAfter }),
      ...(openBefore === undefined ? {} : { $lte: openBefore }),
    },
  }
  if (after !== undefined)
    filter.$or = [
      { 'state.placedAt': { $gt: after.placedAt } },
      { 'state.placedAt': after.placedAt, _id: { $gt: after.orderId } },
    ]
  const found = await model
    .find<MessageDocument<Order>>(filter as object, { 'state.placedAt': 1 })
    .sort({ 'state.placedAt': 1, _id: 1 })
    .limit(limit)
    .lean()
  return found.map((d) => ({ orderId: d._id, placedAt: d.state.placedAt }))
}

export interface OrderQuery {
  readonly status?: Status | undefined
  readonly customerId?: string | undefined
  readonly limit: number
  /** The place of the last order of the page before. */
  readonly after?: { readonly placedAt: string; readonly orderId: string } | undefined
}

/** The newest orders first. */
export const listOrders = async (model: OrderModel, { status, customerId, limit, after }: OrderQuery): Promise<OrderWithId[]> => {
  const filter: Record<string, unknown> = { 'state.status': status ?? { $exists: true } }
  if (customerId !== undefined) filter['state.customerId'] = customerId
  if (after !== undefined)
    filter.$or = [
      { 'state.placedAt': { $lt: after.placedAt } },
      { 'state.placedAt': after.placedAt, _id: { $lt: after.orderId } },
    ]
  const found = await model
    .find(filter as object, { state: 1 })
    .sort({ 'state.placedAt': -1, _id: -1 })
    .limit(limit)
    .lean()
  return found.flatMap((d) => withId(d as MessageDocument<Order>))
}

/** The pending orders with the earliest deadlines, as [orderId, deadline in milliseconds since 1970]. */
export const pendingDeadlines = async (model: OrderModel, limit: number): Promise<(readonly [string, number])[]> => {
  const found = await model
    .find<MessageDocument<Order>>({ 'state.status': 'PENDING' } as object, { 'state.deadlineAt': 1 })
    .sort({ 'state.placedAt': 1 })
    .limit(limit)
    .lean()
  return found.map((d) => [d._id, Date.parse(d.state.deadlineAt)] as const)
}

interface ProductDocument extends Omit<Product, 'sku'> {
  readonly _id: string
}

export const loadProducts = async (connection: Connection): Promise<ReadonlyMap<string, Product>> => {
  const found = await connection.collection<ProductDocument>('products').find().sort({ _id: 1 }).toArray()
  return new Map(found.map(({ _id, name, price, currency }) => [_id, { sku: _id, name, price, currency }]))
}

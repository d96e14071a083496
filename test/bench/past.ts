/** Orders of the past: what the services would have stored for them, written in bulk, without the way through Kafka. */
import { Documents, type Message, type NewDocument, onDecoded, type React } from '@shop/messaging'
import { connectMongo, type MessageDocument } from '@shop/store-mongo'
import { createPool } from '@shop/store-postgres'
import type { Model } from 'mongoose'
import type { Pool, PoolClient } from 'pg'
import { react as deliveryReact } from '../../services/delivery/src/reactions.ts'
import type { Shipment } from '../../services/delivery/src/shipment.ts'
import { shipmentModel } from '../../services/delivery/src/store.ts'
import { reactions as inventoryReactions } from '../../services/inventory/src/reactions.ts'
import * as inventoryTables from '../../services/inventory/src/store.ts'
import type { Notification } from '../../services/notification/src/notification.ts'
import { react as notificationReact } from '../../services/notification/src/reactions.ts'
import { notificationModel } from '../../services/notification/src/store.ts'
import { newOrder } from '../../services/order/src/new-order.ts'
import type { Order } from '../../services/order/src/order.ts'
import { reactions as orderReactions } from '../../services/order/src/reactions.ts'
import { orderModel } from '../../services/order/src/store.ts'
import { reactions as paymentReactions } from '../../services/payment/src/reactions.ts'
import * as paymentTables from '../../services/payment/src/store.ts'
import { loadName } from './bodies.ts'
import type { Mix } from './options.ts'
import { outliveRetention, type Told } from './past-topics.ts'
import type { BenchShop } from './shop.ts'

const perStep = 2_000
const progressEvery = 100_000
const deadlineMs = 300_000
const price = 100
const shippingAddress = { name: 'Bench', street: 'Main Street 1', city: 'Berlin', postalCode: '10115', country: 'DE' }

type Databases = Awaited<ReturnType<typeof openDatabases>>

const openDatabases = async (urls: Readonly<Record<string, string>>) => {
  const pool = (service: string) =>
    createPool({ connectionString: urls[service] ?? '', applicationName: 'bench', onIdleError: () => {} })
  const connections = await Promise.all(
    ['order', 'delivery', 'notification'].map((service) => connectMongo({ uri: urls[service] ?? '', applicationName: 'bench' })),
  )
  const [order, delivery, notification] = connections as [
    (typeof connections)[0],
    (typeof connections)[0],
    (typeof connections)[0],
  ]
  const [payment, inventory] = [pool('payment'), pool('inventory')]
  return {
    payment,
    inventory,
    orders: orderModel(order),
    shipments: shipmentModel(delivery),
    notifications: notificationModel(notification),
    close: () => Promise.all([payment.end(), inventory.end(), ...connections.map((connection) => connection.close())]),
  }
}

const neverDoubted = (message: Message, reason: string): never => {
  throw new Error(`${message.type} of a past order is doubted: ${reason}`)
}

/** As the store's handleOnce does, but what is told goes to whom it concerns directly. */
const handled = async (pool: Pool, react: React<PoolClient>, messages: readonly Message[]): Promise<readonly Message[]> => {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await client.query('INSERT INTO inbox (id) SELECT unnest($1::uuid[])', [messages.map((m) => m.id)])
    const told = await react(client, messages, neverDoubted)
    await client.query('COMMIT')
    client.release()
    return told
  } catch (error) {
    client.release(true)
    throw error
  }
}

/** New documents, each with the ids of what was handled for it; `version` counts its writes. */
const insert = async <State>(
  model: Model<MessageDocument<State>>,
  states: ReadonlyMap<string, State>,
  messages: readonly Message[],
  begunWith: 0 | 1,
  kept: Pick<MessageDocument<State>, 'arrived'> = {},
): Promise<void> => {
  const byKey = Map.groupBy(messages, (m) => m.key)
  const documents = [...states].map(([_id, state]) => {
    const ids = (byKey.get(_id) ?? []).map((m) => m.id)
    return { _id, version: begunWith + ids.length, state, handled: ids, outbox: [], ...kept }
  })
  await model.collection.insertMany(documents as never, { ordered: false })
}

const placedOrder = (n: number, { customers, skus }: Mix): NewDocument<Order> => {
  const sku = loadName((n + Math.floor(n / customers)) % skus)
  const command = { customerId: loadName(n % customers), lines: [{ sku, quantity: 1 }], shippingAddress }
  return newOrder(command, { lines: [{ sku, quantity: 1, unitPrice: price }], total: price, currency: 'EUR' }, { deadlineMs })
}

const react = {
  payment: onDecoded(paymentReactions<PoolClient>(paymentTables)),
  inventory: onDecoded(inventoryReactions<PoolClient>(inventoryTables)),
  order: onDecoded(orderReactions(() => {})),
  delivery: onDecoded(deliveryReact),
  notification: onDecoded(notificationReact),
}

/** The orders' whole sagas, by the services' own reactions. @returns the events, by the service that would have told them */
const complete = async (db: Databases, orders: readonly NewDocument<Order>[]): Promise<Told> => {
  const placed = orders.flatMap((o) => o.emit)
  const captured = await handled(db.payment, react.payment, placed)
  await db.inventory.query(`INSERT INTO arrivals (key, type, arrived) SELECT unnest($1::uuid[]), 'OrderPlaced', true`, [
    orders.map((o) => o.key),
  ])
  const reserved = await handled(db.inventory, react.inventory, [...placed, ...captured])

  const shipments = new Map<string, Shipment>()
  const scheduled = await react.delivery(new Documents(shipments), [...placed, ...reserved], neverDoubted)
  const states = new Map(orders.map((o) => [o.key, o.state]))
  const heard = [...captured, ...reserved, ...scheduled]
  const confirmed = await react.order(new Documents(states), heard, neverDoubted)
  const notifications = new Map<string, Notification>()
  await react.notification(new Documents(notifications), confirmed, neverDoubted)
  if (notifications.size !== orders.length)
    throw new Error(`${orders.length - notifications.size} of ${orders.length} past orders were not confirmed`)
  await Promise.all([
    handled(db.inventory, react.inventory, scheduled),
    insert(db.orders, states, heard, 1),
    insert(db.shipments, shipments, [...placed, ...reserved], 0, { arrived: ['OrderPlaced'] }),
    insert(db.notifications, notifications, confirmed, 0),
  ])
  return { order: [...placed, ...confirmed], payment: captured, inventory: reserved, delivery: scheduled }
}

/** Puts so many confirmed orders into the shop's databases, and lets PostgreSQL tidy up as it would have done meanwhile. */
export const putPastOrders = async (count: number, mix: Mix, shop: BenchShop, tell: (line: string) => void): Promise<void> => {
  const db = await openDatabases(shop.databaseUrls)
  try {
    let told: Told = {}
    for (let n = 0; n < count; ) {
      const many = Math.min(perStep, count - n)
      told = await complete(
        db,
        Array.from({ length: many }, (_, i) => placedOrder(n + i, mix)),
      )
      n += many
      if (n % progressEvery === 0 || n === count) tell(`${n} of ${count} past orders`)
    }
    await outliveRetention(shop, told)
    // longer than a statement of the services may take
    for (const pool of [db.payment, db.inventory]) await vacuum(pool)
  } finally {
    await db.close()
  }
}

const vacuum = async (pool: Pool): Promise<void> => {
  const client = await pool.connect()
  try {
    await client.query('SET statement_timeout = 0')
    await client.query({ text: 'VACUUM ANALYZE', query_timeout: 600_000 } as never)
  } finally {
    client.release(true)
  }
}

import type { Shipment } from '../../services/delivery/src/shipment.ts'
import { messageDocuments, type openMongo, streamDocuments } from './mongo.ts'
import type { OrderFiles } from './order-files.ts'
import { inOneState, openPostgres, stream } from './postgres.ts'
import type { Progress } from './progress.ts'
import type { Settings } from './settings.ts'
import type { Account, LedgerEntry, OrderFile, Shop, Stock } from './snapshot.ts'
import { orUnreadable } from './unreadable.ts'
import { SourcedUuids } from './uuid-set.ts'

type PostgresClient = Awaited<ReturnType<typeof openPostgres>>
type MongoClient = Awaited<ReturnType<typeof openMongo>>
type Add = OrderFiles['add']

export const remedy = 'is the shop running, and were its databases prepared (npm start does both)?'

const readPayment = async (client: PostgresClient, add: Add, progress: Progress) => {
  const { rows: accounts } = await client.query<Account>('SELECT customer_id AS "customerId", balance, currency FROM accounts')
  const payments = 'SELECT order_id, status, customer_id, amount, currency, reason FROM payments'
  for await (const rows of stream(client, payments))
    for (const { order_id, status, customer_id: customerId, amount, currency, reason } of progress.count('payments', rows))
      add(order_id, 'payment', { status, customerId, amount, currency, reason })
  const deposits: LedgerEntry[] = []
  const ledger = `SELECT order_id AS "orderId", entry, transaction_id AS "transactionId", kind, account, amount, currency FROM ledger`
  for await (const rows of stream<LedgerEntry & { orderId: string | null }>(client, ledger))
    for (const { orderId, ...entry } of progress.count('ledger entries', rows))
      if (orderId === null) deposits.push(entry)
      else add(orderId, 'ledger', entry)
  return { accounts, deposits }
}

const readInventory = async (client: PostgresClient, add: Add, progress: Progress) => {
  const { rows: stock } = await client.query<Stock>('SELECT sku, on_hand AS "onHand", reserved, issued, received FROM stock')
  const reservations = `SELECT coalesce(order_id, key) AS order_id, status, lines, reason, key IS NOT NULL AS waiting FROM reservations
     FULL JOIN (SELECT key FROM arrivals WHERE json_array_length(waiting) > 0) AS kept ON key = order_id`
  for await (const rows of stream(client, reservations))
    for (const { order_id, status, lines, reason, waiting } of progress.count('reservations', rows))
      add(order_id, 'reservation', { status: status ?? undefined, lines: lines ?? undefined, reason, waiting })
  return { stock }
}

/** What every service on PostgreSQL has: the ids that it handled, and the events that wait. */
const readMessages = async (client: PostgresClient, service: string, add: Add, progress: Progress): Promise<SourcedUuids> => {
  const inbox = new SourcedUuids()
  for await (const rows of stream<{ id: string; source: string }>(client, 'SELECT id, source FROM inbox'))
    for (const { id, source } of progress.count('inbox ids', rows)) inbox.add(id, source)
  for await (const rows of stream(client, 'SELECT aggregateid, id, type FROM outbox'))
    for (const { aggregateid, id, type } of rows) add(aggregateid, 'outbox', { service, id, type })
  return inbox
}

type FromPostgres = Pick<Shop, 'accounts' | 'deposits' | 'stock' | 'inboxes'>

export const readPostgres = async (settings: Settings, services: readonly string[], add: Add, progress: Progress) => {
  let read: FromPostgres = { accounts: [], deposits: [], stock: [], inboxes: {} }
  for (const service of services)
    await orUnreadable(`PostgreSQL, database shop_${service}`, remedy, async () => {
      const client = await openPostgres(settings.postgresUrl, service)
      try {
        await inOneState(client, async () => {
          if (service === 'payment') read = { ...read, ...(await readPayment(client, add, progress)) }
          if (service === 'inventory') read = { ...read, ...(await readInventory(client, add, progress)) }
          read = { ...read, inboxes: { ...read.inboxes, [service]: await readMessages(client, service, add, progress) } }
        })
      } finally {
        await client.end()
      }
    })
  return read
}

/** What the state of a service's document says of the order. */
const addState = (service: string, orderId: string, state: unknown, waiting: boolean, add: Add): void => {
  if (service === 'delivery') addShipment(orderId, state as Shipment | null | undefined, waiting, add)
  // null: the document only keeps the ids of events of an order that was never placed here
  if (state === null || state === undefined) return
  if (service === 'order') add(orderId, 'order', state as NonNullable<OrderFile['order']>)
  if (service === 'notification') add(orderId, 'notification', { kind: (state as { kind: 'order-confirmed' }).kind })
}

/** There is none, but an event that waits, as long as nothing else is known of the order. */
const addShipment = (orderId: string, shipment: Shipment | null | undefined, waiting: boolean, add: Add): void => {
  if (!shipment && !waiting) return
  const { status, carrier, reason } = shipment ?? {}
  add(orderId, 'shipment', { ...(status && { status }), ...(carrier && { carrier }), ...(reason && { reason }), waiting })
}

export const readMongo = async (
  client: MongoClient,
  services: readonly string[],
  add: Add,
  progress: Progress,
): Promise<void> => {
  for (const service of services)
    await orUnreadable(`MongoDB, database shop_${service}`, remedy, async () => {
      const collection = await messageDocuments(client, service)
      if (collection === undefined) return
      for await (const { _id, state, handled = [], outbox = [], waiting = [] } of streamDocuments(collection)) {
        progress.count(`${service} documents`, [_id])
        addState(service, _id, state, waiting.length > 0, add)
        if (handled.length > 0) add(_id, 'handled', { service, ids: handled })
        for (const { id, type } of outbox) add(_id, 'outbox', { service, id, type })
      }
    })
}

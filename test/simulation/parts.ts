/** The real parts of the shop, put together as the services' main.ts do. A planted bug replaces some of them. */
import { type Incoming, needsOf, type ServiceName } from '@shop/choreography'
import {
  type DocumentStore,
  type Documents,
  deadLetters,
  type Message,
  type MessageStore,
  onDecoded,
  type React,
  recordHandler,
  relayOnce,
} from '@shop/messaging'
import {
  MemoryDatabase,
  MemoryMessageStore,
  MemoryTables,
  MemoryTablesStore,
  type MemoryTransaction,
} from '@shop/messaging/memory'
import { react as deliveryReact } from '../../services/delivery/src/reactions.ts'
import type { Shipment } from '../../services/delivery/src/shipment.ts'
import { reactions as inventoryReactions } from '../../services/inventory/src/reactions.ts'
import type { Notification } from '../../services/notification/src/notification.ts'
import { react as notificationReact } from '../../services/notification/src/reactions.ts'
import { cancelOrder } from '../../services/order/src/cancelling.ts'
import type { Order } from '../../services/order/src/order.ts'
import { acceptOrders } from '../../services/order/src/placing.ts'
import { reactions as orderReactions } from '../../services/order/src/reactions.ts'
import { reactions as paymentReactions } from '../../services/payment/src/reactions.ts'
import { type AnyDatabase, type FurtherDatabases, furtherReacts, newFurtherDatabases } from './further-services.ts'
import { inventoryTables, paymentTables } from './tables.ts'
import { tellAgain } from './telling-again.ts'

/** The databases of one run, by service; they outlive the processes. */
export type Databases = KnownDatabases & FurtherDatabases

/** Of the services whose states the invariants know. */
interface KnownDatabases {
  readonly order: MemoryDatabase<Order>
  readonly payment: MemoryTables
  readonly inventory: MemoryTables
  readonly delivery: MemoryDatabase<Shipment>
  readonly notification: MemoryDatabase<Notification>
}

/** Lets other tasks go first, or ends the process: the place of a planted bug between two steps that belong together. */
export type Gap = () => Promise<void>

export interface Parts {
  readonly openDocuments: <State>(service: ServiceName, database: MemoryDatabase<State>, gap: Gap) => DocumentStore<State>
  readonly openTables: (service: ServiceName, tables: MemoryTables, gap: Gap) => MessageStore<MemoryTransaction>
  readonly orderReact: React<Documents<Order>, Incoming<'order'>>
  readonly paymentReact: React<MemoryTransaction, Incoming<'payment'>>
  readonly inventoryReact: React<MemoryTransaction, Incoming<'inventory'>>
  readonly deliveryReact: React<Documents<Shipment>, Incoming<'delivery'>>
  readonly notificationReact: React<Documents<Notification>, Incoming<'notification'>>
  readonly recordHandler: typeof recordHandler
  readonly relayOnce: typeof relayOnce
  readonly deadLetters: typeof deadLetters
  readonly acceptOrders: typeof acceptOrders
  readonly cancelOrder: typeof cancelOrder
  readonly tellAgain: typeof tellAgain
  /** When a consumer says that it is done with records. */
  readonly resolvesOffsets: 'once handled' | 'on receipt'
  /** What tells for how long a consumer has not gone on. */
  readonly intervalsBy: 'monotonic clock' | 'wall clock'
  /** What chooses a record's partition. */
  readonly partitionBy: 'key' | 'id'
}

export const realParts: Parts = {
  openDocuments: (_service, database) => new MemoryMessageStore(database),
  openTables: (_service, tables) => new MemoryTablesStore(tables),
  orderReact: orderReactions(() => {}),
  paymentReact: paymentReactions(paymentTables),
  inventoryReact: inventoryReactions(inventoryTables),
  deliveryReact,
  notificationReact,
  recordHandler,
  relayOnce,
  deadLetters,
  acceptOrders,
  cancelOrder,
  tellAgain,
  resolvesOffsets: 'once handled',
  intervalsBy: 'monotonic clock',
  partitionBy: 'key',
}

/** A service's store and reactions, whatever its database is. */
export interface Opened {
  readonly store: MessageStore<unknown>
  readonly react: React<unknown>
}

const opened = <Work, M extends Message>(service: ServiceName, store: MessageStore<Work>, react: React<Work, M>): Opened => {
  store.waitFor(needsOf(service))
  return { store, react: onDecoded(react) as React<unknown> }
}

/** Opens a service's database for one process. */
export const open = (parts: Parts, service: ServiceName, databases: Databases, gap: Gap): Opened => {
  switch (service) {
    case 'order':
      return opened(service, parts.openDocuments(service, databases.order, gap), parts.orderReact)
    case 'payment':
      return opened(service, parts.openTables(service, databases.payment, gap), parts.paymentReact)
    case 'inventory':
      return opened(service, parts.openTables(service, databases.inventory, gap), parts.inventoryReact)
    case 'delivery':
      return opened(service, parts.openDocuments(service, databases.delivery, gap), parts.deliveryReact)
    case 'notification':
      return opened(service, parts.openDocuments(service, databases.notification, gap), parts.notificationReact)
    default:
      return openFurther(parts, service, databases[service], gap)
  }
}

const openFurther = (parts: Parts, service: ServiceName, database: AnyDatabase, gap: Gap): Opened => {
  const react = furtherReacts.get(service)
  if (react === undefined) throw new Error(`the simulation does not know ${service}`)
  return 'tables' in react
    ? opened(service, parts.openTables(service, database as MemoryTables, gap), react.tables)
    : opened(service, parts.openDocuments(service, database as MemoryDatabase<unknown>, gap), react.documents)
}

/** True when the service has events that the broker does not have yet, or that its relay has not forgotten yet. */
export const hasOutgoing = (databases: Databases, service: ServiceName): boolean => {
  const database = databases[service]
  if (database instanceof MemoryTables) return database.outbox.length > 0
  for (const { outbox } of database.documents.values()) if (outbox.length > 0) return true
  return false
}

/** Letters that can be handled once their cause has gone. */
export const replayable = (databases: Databases, service: ServiceName): number => {
  const { failed, held } = databases[service].letters.counts()
  return failed + held
}

export const newDatabases = (): Databases => ({
  order: new MemoryDatabase(),
  payment: new MemoryTables(),
  inventory: new MemoryTables(),
  delivery: new MemoryDatabase(),
  notification: new MemoryDatabase(),
  ...newFurtherDatabases(),
})

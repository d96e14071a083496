/** What the services can tell again of their orders. */
import type { ServiceName } from '@shop/choreography'
import { type Message, type Telling, toldAgain } from '@shop/messaging'
import { type MemoryDatabase, MemoryTables } from '@shop/messaging/memory'
import type { Order } from '../../services/order/src/order.ts'
import { tellAgain as orderTellsAgain } from '../../services/order/src/telling-again.ts'
import type { AnyDatabase } from './further-services.ts'

type Databases = Readonly<Record<ServiceName, AnyDatabase>> & { readonly order: MemoryDatabase<Order> }

/** Where a service on tables keeps what it told. */
const tablesOf: Partial<Record<ServiceName, string>> = { payment: 'payments', inventory: 'reservations' }

const statesIn = (databases: Databases, service: ServiceName): Iterable<readonly [string, Telling]> => {
  const database = databases[service]
  if (database instanceof MemoryTables) return database.table<Telling>(tablesOf[service] ?? 'states')
  return [...database.documents].flatMap(([key, { state }]) => (state ? [[key, state as Telling] as const] : []))
}

/** All that a service can tell again, per order in the order in which it was told. */
export const tellAgain = (databases: Databases, service: ServiceName): readonly Message[] =>
  service === 'order'
    ? [...databases.order.documents].flatMap(([id, { state }]) => (state ? orderTellsAgain(id, state) : []))
    : [...statesIn(databases, service)].flatMap(([id, state]) => toldAgain(id, state))

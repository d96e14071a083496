/** What the services can tell again of their orders, and what must be so of it. */
import type { ServiceName } from '@shop/choreography'
import { encode, type Message, type Telling, toldAgain } from '@shop/messaging'
import { MemoryTables } from '@shop/messaging/memory'
import { tellAgain as orderTellsAgain } from '../../services/order/src/telling-again.ts'
import type { Breach } from './breach.ts'
import type { Databases } from './parts.ts'
import { catalogueOf, eventTopics } from './subscriptions.ts'
import type { World } from './world.ts'

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

type Encoded = ReturnType<typeof encode>

/** All of a record but how it was traced. */
const textOf = ({ key, value, headers: { traceparent: _, ...headers } }: Pick<Encoded, 'key' | 'value' | 'headers'>): string =>
  `${key} ${Object.entries(headers).sort().join(' ')} ${value?.toString()}`

/** A request that came too late is not told again. */
const isTooLate = ({ databases }: World, { key, headers }: Pick<Encoded, 'key' | 'headers'>): boolean =>
  headers.ce_type?.includes('OrderCancellationRequested') === true &&
  databases.order.documents.get(key ?? '')?.state?.status === 'CONFIRMED'

/** Whatever a service has told, it can tell again from its state: the same id, type, time, cause, saga and data. */
export const canBeToldAgain = (world: World, services: readonly ServiceName[]): Breach[] => {
  const again = new Map(
    services.flatMap((service) =>
      world.parts.tellAgain(world.databases, service).map((m) => {
        const record = encode(m, catalogueOf(service))
        return [m.id, textOf(record)] as const
      }),
    ),
  )
  const records = eventTopics.flatMap((topic) => world.broker.partitions(topic).flatMap((p) => p.records))
  return records
    .filter((r) => !world.broken.has(r) && !isTooLate(world, r) && again.get(r.headers.ce_id ?? '') !== textOf(r))
    .map(({ key, headers }) => ({
      id: 'told-again',
      orderId: key ?? '',
      text: `${headers.ce_type} ${headers.ce_id} would be told again ${again.has(headers.ce_id ?? '') ? 'otherwise' : 'by nobody'}`,
    }))
}

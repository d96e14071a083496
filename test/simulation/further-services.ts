/**
 * The services beside those whose states the invariants know: each is opened by the shape that `npm run new-service` gives it. On
 * MongoDB `reactions.ts` exports `react`, on PostgreSQL `reactions(tables)` over tables that lock and save one state per order.
 */
import { join } from 'node:path'
import { choreography, type ServiceName } from '@shop/choreography'
import { participants } from '@shop/manifest'
import type { Documents, React } from '@shop/messaging'
import { MemoryDatabase, MemoryTables, type MemoryTransaction } from '@shop/messaging/memory'

export type KnownService = 'order' | 'payment' | 'inventory' | 'delivery' | 'notification'
const known: Readonly<Record<KnownService, true>> = {
  order: true,
  payment: true,
  inventory: true,
  delivery: true,
  notification: true,
}

interface StateTables {
  lock(work: MemoryTransaction, orderIds: readonly string[]): Promise<Map<string, unknown>>
  save(work: MemoryTransaction, states: ReadonlyMap<string, unknown>): Promise<void>
}

interface Reactions {
  readonly react?: React<Documents<unknown>>
  readonly reactions?: (tables: StateTables) => React<MemoryTransaction>
}

const states: StateTables = {
  lock: async (work, orderIds) => work.pick('states', orderIds),
  save: async (work, changed) => {
    for (const [orderId, state] of changed) work.set('states', orderId, state)
  },
}

/** How it reacts, over the kind of database that it has. */
export type FurtherReact = { readonly documents: React<Documents<unknown>> } | { readonly tables: React<MemoryTransaction> }

const load = async (service: string): Promise<FurtherReact> => {
  const file = join(import.meta.dirname, '../../services', service, 'src', 'reactions.ts')
  const { react, reactions }: Reactions = await import(file)
  if (reactions !== undefined) return { tables: reactions(states) }
  if (react !== undefined) return { documents: react }
  throw new Error(`${file} exports neither react nor reactions`)
}

const further = participants.filter(({ name }) => name in choreography && !(name in known))

/** By name. */
export const furtherReacts: ReadonlyMap<string, FurtherReact> = new Map(
  await Promise.all(further.map(async ({ name }) => [name, await load(name)] as const)),
)

export type AnyDatabase = MemoryTables | MemoryDatabase<unknown>

/** By name. */
export type FurtherDatabases = { readonly [S in Exclude<ServiceName, KnownService>]: AnyDatabase }

export const newFurtherDatabases = (): FurtherDatabases =>
  Object.fromEntries(
    [...furtherReacts].map(([name, react]) => [name, 'tables' in react ? new MemoryTables() : new MemoryDatabase()]),
  ) as FurtherDatabases

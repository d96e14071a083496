import { serviceNames, subscriptionsOf } from '@shop/choreography'
import { participants } from '@shop/manifest'
import { type VariantName, variants } from '@shop/manifest/variants'

/** The services by the kind of their database, and what they read. */
export interface DatabasesOf {
  readonly postgres: readonly string[]
  readonly mongo: readonly string[]
  /** Consumer group → its topics. */
  readonly subscriptions: ReadonlyMap<string, readonly string[]>
}

export const databasesOfServices = (variant?: VariantName): DatabasesOf => {
  const services = variant === undefined ? participants : variants[variant].services
  const on = (kind: 'postgres' | 'mongo') => services.filter((s) => s.database === kind).map((s) => s.name)
  const subscriptions = new Map<string, readonly string[]>(
    variant === undefined
      ? serviceNames.map((name) => [name, subscriptionsOf(name)])
      : Object.entries(variants[variant].subscriptions),
  )
  return { postgres: on('postgres'), mongo: on('mongo'), subscriptions }
}

import { participants } from '@shop/manifest'
import { type VariantName, variants } from '@shop/manifest/variants'

/** The services by the kind of their database, and whether anything is on topics. */
export interface DatabasesOf {
  readonly postgres: readonly string[]
  readonly mongo: readonly string[]
  readonly topics: boolean
}

export const databasesOfServices = (variant?: VariantName): DatabasesOf => {
  const services = variant === undefined ? participants : variants[variant].services
  const on = (kind: 'postgres' | 'mongo') => services.filter((s) => s.database === kind).map((s) => s.name)
  const topics = variant === undefined || variants[variant].servers.includes('kafka')
  return { postgres: on('postgres'), mongo: on('mongo'), topics }
}

import { participants } from '@shop/manifest'

/** The services by the kind of their database. */
export interface DatabasesOf {
  readonly postgres: readonly string[]
  readonly mongo: readonly string[]
}

export const databasesOfServices = (): DatabasesOf => {
  const on = (kind: 'postgres' | 'mongo') => participants.filter((s) => s.database === kind).map((s) => s.name)
  return { postgres: on('postgres'), mongo: on('mongo') }
}

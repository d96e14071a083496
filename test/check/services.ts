import { listServices } from '../../infra/init/services.ts'

/** The services by the kind of their database. */
export interface DatabasesOf {
  readonly postgres: readonly string[]
  readonly mongo: readonly string[]
}

export const databasesOfServices = (): DatabasesOf => {
  const services = listServices()
  const on = (kind: 'postgres' | 'mongo') => services.filter((s) => s.database === kind).map((s) => s.name)
  return { postgres: on('postgres'), mongo: on('mongo') }
}

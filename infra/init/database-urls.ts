import type { ParticipantEntry } from '@shop/manifest'

export interface DatabaseServers {
  /** `postgres://user:password@host:port/database` of an administrator. */
  readonly postgresUrl: string
  /** `mongodb://host:port`. */
  readonly mongoUrl: string
  /** What the passwords of the services' own roles begin with; from SHOP_DB_PASSWORD, default `shop` (no server can be reached from outside). */
  readonly password: string
}

/** Every role has a password of its own: to know one does not open another database. */
export const rolePassword = (name: string, password: string): string => `${password}-${name}`

/** The service's own database; on PostgreSQL under its own role. */
export const databaseUrl = (
  { name, database }: Pick<ParticipantEntry, 'name' | 'database'>,
  servers: DatabaseServers,
): string => {
  if (database === 'mongo') return `${servers.mongoUrl.replace(/\/+$/, '')}/shop_${name}`
  const url = new URL(servers.postgresUrl)
  url.username = `shop_${name}`
  url.password = rolePassword(name, servers.password)
  url.pathname = `/shop_${name}`
  return url.href
}

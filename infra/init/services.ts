import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A service of the shop, as its folder and its package.json say. */
export interface ServiceEntry {
  readonly name: string
  readonly folder: string
  readonly port: number
  /** `own`: it needs no server, but a folder in which it keeps what it has seen; it takes no part in the choreography. */
  readonly database: DatabaseKind | 'own'
}

type DatabaseKind = 'postgres' | 'mongo'

/** A service that has a database on one of the servers. */
export interface ServiceWithDatabase extends ServiceEntry {
  readonly database: DatabaseKind
}

export const hasDatabase = <S extends ServiceEntry>(service: S): service is S & ServiceWithDatabase => service.database !== 'own'

const databaseKinds = new Set(['postgres', 'mongo', 'own'])
const servicesFolder = join(import.meta.dirname, '../../services')

/** Every folder of services/ that can be started, by port: a further service needs no change anywhere in infra. */
export const listServices = (): readonly ServiceEntry[] =>
  readdirSync(servicesFolder)
    .map((name) => ({ name, folder: join(servicesFolder, name) }))
    .filter(({ folder }) => existsSync(join(folder, 'src/main.ts')))
    .map(({ name, folder }) => {
      const { shop } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { shop?: Partial<ServiceEntry> }
      if (typeof shop?.port !== 'number' || !databaseKinds.has(shop.database ?? ''))
        throw new Error(`services/${name}/package.json: "shop" needs a port and a database ("postgres", "mongo" or "own")`)
      return { name, folder, port: shop.port, database: shop.database as ServiceEntry['database'] }
    })
    .sort((a, b) => a.port - b.port)

/** Those that take part in the choreography, each with a database of its own. */
export const listParticipants = (): readonly ServiceWithDatabase[] => listServices().filter(hasDatabase)

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
  { name, database }: Pick<ServiceWithDatabase, 'name' | 'database'>,
  servers: DatabaseServers,
): string => {
  if (database === 'mongo') return `${servers.mongoUrl.replace(/\/+$/, '')}/shop_${name}`
  const url = new URL(servers.postgresUrl)
  url.username = `shop_${name}`
  url.password = rolePassword(name, servers.password)
  url.pathname = `/shop_${name}`
  return url.href
}

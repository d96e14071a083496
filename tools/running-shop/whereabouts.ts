/** Where the parts of a running shop are: said by the environment, by the record of `npm start`, or published by docker compose. */
import { Refused } from '@shop/command-line'
import { participants } from '@shop/manifest'
import { type VariantName, variantNamed } from '@shop/manifest/variants'
import { defaultDataDir, type RunRecord, readRunRecord } from './run-record.ts'
import type { Access } from './shop-target.ts'

export interface LookOptions {
  /** The data folder of `npm start`; default .data of the repository. */
  readonly dataDir?: string | undefined
  /** Default that of this process. */
  readonly env?: NodeJS.ProcessEnv
}

/** The services that have a database, and what opens their admin routes. */
export interface ServicesAccess {
  /** By service, without a path. */
  readonly urls: Readonly<Record<string, string>>
  readonly adminToken: string
  /** A line for people: what was expected and not found. */
  readonly notice?: string
}

const variables = { kafkaBrokers: 'KAFKA_BROKERS', postgresUrl: 'POSTGRES_URL', mongoUrl: 'MONGO_URL' } as const
type Server = keyof typeof variables

/** As docker-compose.yml has it. */
const composeToken = 'shop-admin'

/** Each from the environment, and what is missing there from the record. @throws Refused when that leaves something out */
const serversOf = <S extends Server>(
  servers: readonly S[],
  { dataDir = defaultDataDir, env = process.env }: LookOptions,
): Record<S, string> => {
  const named = (server: S) => (server === 'kafkaBrokers' && env.BROKER_URL) || env[variables[server]]
  const missing = servers.filter((server) => !named(server))
  const { record, why } = missing.length === 0 ? { record: undefined, why: '' } : { why: '', ...readRunRecord(dataDir) }
  if (missing.length > 0 && record === undefined)
    throw new Refused(
      `no shop runs here (${why}): run npm start, or set ${missing.map((server) => variables[server]).join(', ')}`,
    )
  const recorded = (server: S) => (server === 'kafkaBrokers' && record?.brokerUrl) || record?.[server]
  return Object.fromEntries(servers.map((server) => [server, named(server) || recorded(server)])) as Record<S, string>
}

/** @throws Refused when no shop is found */
export const brokersOf = (options: LookOptions = {}): readonly string[] =>
  serversOf(['kafkaBrokers'], options).kafkaBrokers.split(',')

/** The broker, which may be another one than Kafka, and the databases. @throws Refused when no shop is found */
export const accessOf = (options: LookOptions = {}): Access => {
  const { kafkaBrokers, postgresUrl, mongoUrl } = serversOf(['kafkaBrokers', 'postgresUrl', 'mongoUrl'], options)
  return { brokers: kafkaBrokers.split(','), postgresUrl, mongoUrl }
}

/** In which other way the shop finishes orders, as SHOP_VARIANT or the record of `npm start` says; `undefined`: by its choreography. */
export const variantOf = ({ dataDir = defaultDataDir, env = process.env }: LookOptions = {}): VariantName | undefined => {
  if (env.SHOP_VARIANT) return variantNamed(env.SHOP_VARIANT)
  const isSaid = Object.values(variables).every((name) => env[name])
  return isSaid ? undefined : readRunRecord(dataDir).record?.variant
}

/**
 * The services of SERVICE_URLS, with ADMIN_TOKEN, as in a container of compose; else those of `npm start`; else the ports that docker
 * compose publishes, with SHOP_ADMIN_TOKEN. Whether anybody answers there is not asked.
 * @throws Refused when SERVICE_URLS or the record cannot be read
 */
export const servicesOf = ({ dataDir = defaultDataDir, env = process.env }: LookOptions = {}): ServicesAccess => {
  const token = env.SHOP_ADMIN_TOKEN || composeToken
  if (env.SERVICE_URLS) return { urls: urlsIn(env.SERVICE_URLS), adminToken: env.ADMIN_TOKEN || token }
  const recorded = readRunRecord(dataDir)
  if (recorded.record !== undefined) return servicesIn(recorded.record)
  const urls = Object.fromEntries(participants.map(({ name, port }) => [name, `http://127.0.0.1:${port}`]))
  return { urls, adminToken: token, ...(recorded.stale && { notice: `${recorded.why}: looking for docker compose's` }) }
}

const servicesIn = ({ services, adminToken }: RunRecord): ServicesAccess => {
  // without a database: the dashboard, which sets nothing aside
  const withDatabase = Object.entries(services).filter(([, { database }]) => database !== undefined)
  return { urls: Object.fromEntries(withDatabase.map(([name, { url }]) => [name, url])), adminToken }
}

/** `order=http://order:3001,payment=…` @throws Refused */
const urlsIn = (list: string): Record<string, string> => {
  const items = list.split(',').map((item) => item.trim())
  if (!items.every((item) => /^[\w-]+=https?:\/\/[^\s/]+$/.test(item)))
    throw new Refused('SERVICE_URLS: expected name=http://host:port, several separated by commas')
  return Object.fromEntries(items.map((item) => item.split('=', 2) as [string, string]))
}

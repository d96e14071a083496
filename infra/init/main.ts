/**
 * The one-shot that prepares what the services need: topics, roles and databases, migrations, indexes, demo data. Everything in it may
 * run again: what is there stays as it is. Reads KAFKA_BROKERS or BROKER_URL, POSTGRES_URL (an administrator's), MONGO_URL, SHOP_DB_PASSWORD,
 * TOPIC_PARTITIONS (default 6) and TOPIC_REPLICATION (default 1), and for load LOAD_CUSTOMERS (default 100: load-001 …) and LOAD_SKUS
 * (default 0: products load-001 …), all with more money and stock than is ever used up. With RELAY=cdc also what change data capture needs
 * in PostgreSQL; with SHOP_VARIANT what that variant's services need instead.
 */
import { join } from 'node:path'
import { isRabbit, rabbitAt, transportTo } from '@shop/broker'
import { allTopics, serviceNames, subscriptionsOf } from '@shop/choreography'
import { hasDatabase } from '@shop/manifest'
import { topicsOf, type VariantName, variantNames } from '@shop/manifest/variants'
import pg from 'pg'
import { z } from 'zod'
import { prepareCapture } from '../connect/prepare-capture.ts'
import { type StartableService, servicesOf } from '../services.ts'
import { type DatabaseServers, databaseUrl, rolePassword } from './database-urls.ts'

const settings = z.object({
  KAFKA_BROKERS: z.string().min(1).optional(),
  BROKER_URL: z.string().min(1).optional(),
  POSTGRES_URL: z.string().min(1),
  MONGO_URL: z.string().min(1),
  SHOP_DB_PASSWORD: z.string().min(1).default('shop'),
  TOPIC_PARTITIONS: z.coerce.number().int().min(1).default(6),
  TOPIC_REPLICATION: z.coerce.number().int().min(1).default(1),
  LOAD_CUSTOMERS: z.coerce.number().int().min(0).max(100_000).default(100),
  SHOP_VARIANT: z.enum(variantNames).optional(),
  RELAY: z.enum(['outbox', 'cdc']).default('outbox'),
  LOAD_SKUS: z.coerce.number().int().min(0).max(1_000).default(0),
})

const say = (text: string): void => console.log(`init: ${text}`)

/** Dead letters are kept for 30 days, events for 7: a replay needs the former, a consumer that was away the latter. */
const dayMs = 86_400_000
/** A record of the largest size that a topic takes by default (1 MiB), and the headers that tell why it is here. */
const deadLetterBytesMax = String(2 * 1024 ** 2)

const quiet = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (details: object, text: string) => console.error(text, details),
}

interface TopicSettings {
  readonly partitions: number
  readonly replicationFactor: number
}

/** How a topic is kept, in the words of the broker. */
const keeping = (rabbit: boolean, days: number, replicationFactor: number, limits: Record<string, string>) =>
  rabbit
    ? { 'x-max-age': `${days}D` }
    : {
        'retention.ms': String(days * dayMs),
        ...limits,
        ...(replicationFactor >= 3 ? { 'min.insync.replicas': '2' } : {}),
      }

type Topics = ReturnType<typeof topicsOf>

const topicsIn = (variant: VariantName | undefined): Topics => (variant === undefined ? allTopics() : topicsOf(variant))

const prepareTopics = async (
  { events, deadLetters }: Topics,
  brokers: readonly string[],
  { partitions, replicationFactor }: TopicSettings,
): Promise<void> => {
  if (events.length === 0) return
  const rabbit = isRabbit(brokers)
  const at = { brokers, clientId: 'init', log: quiet }
  const admin = (await transportTo(at)).admin()
  const spec =
    (retentionDays: number, limits: Record<string, string> = {}) =>
    (topic: string) => ({
      topic,
      partitions,
      replicationFactor,
      configEntries: keeping(rabbit, retentionDays, replicationFactor, limits),
    })
  await admin.createTopics([...events.map(spec(7)), ...deadLetters.map(spec(30, { 'max.message.bytes': deadLetterBytesMax }))])
  await admin.close()
  if (rabbit) await prepareQueues(at)
  say(
    `${events.length} topics and ${deadLetters.length} dead-letter topics with ${partitions} ${rabbit ? 'queues for each group' : 'partitions'}`,
  )
}

/** The queues of every consumer, before anything is published: who comes later must have what is there copied first. */
const prepareQueues = async (at: Parameters<typeof rabbitAt>[0]): Promise<void> => {
  const admin = (await rabbitAt(at)).admin()
  await admin.createGroups(serviceNames.map((groupId) => ({ groupId, topics: subscriptionsOf(groupId) })))
  await admin.close()
}

/** One role and one database per service; nobody else may connect to it. */
const prepareDatabase = async (admin: pg.Client, name: string, password: string): Promise<void> => {
  const id = admin.escapeIdentifier(`shop_${name}`)
  const known = async (sql: string) => ((await admin.query(sql, [`shop_${name}`])).rowCount ?? 0) > 0
  if (!(await known('SELECT 1 FROM pg_roles WHERE rolname = $1'))) await admin.query(`CREATE ROLE ${id} LOGIN`)
  await admin.query(`ALTER ROLE ${id} PASSWORD ${admin.escapeLiteral(rolePassword(name, password))}`)
  // An administrator who is no superuser may only give a database to a role that he belongs to.
  await admin.query(`GRANT ${id} TO CURRENT_USER`)
  if (!(await known('SELECT 1 FROM pg_database WHERE datname = $1'))) await admin.query(`CREATE DATABASE ${id} OWNER ${id}`)
  await admin.query(`REVOKE ALL ON DATABASE ${id} FROM PUBLIC`)
}

/** Demo data of which load needs more than people do. */
interface LoadData {
  readonly loadCustomers: number
  readonly loadSkus: number
}

const prepareDatabases = async (all: readonly StartableService[], servers: DatabaseServers, load: LoadData): Promise<void> => {
  const services = all.filter(hasDatabase)
  const admin = new pg.Client({ connectionString: servers.postgresUrl, connectionTimeoutMillis: 10_000 })
  await admin.connect()
  try {
    for (const { name, database } of services) if (database === 'postgres') await prepareDatabase(admin, name, servers.password)
  } finally {
    await admin.end()
  }
  for (const service of services) {
    const { initialise } = (await import(join(service.folder, 'src/init.ts'))) as {
      initialise: (url: string, load: LoadData) => Promise<void>
    }
    await initialise(databaseUrl(service, servers), load)
    say(`${service.name}: database ready`)
  }
}

/** A slot in each of the databases on PostgreSQL, before any service tells anything. */
const prepareLog = async ({ postgresUrl, password }: DatabaseServers): Promise<void> => {
  const captured = servicesOf(undefined)
    .filter(({ database }) => database === 'postgres')
    .map(({ name }) => name)
  const connect = async (database?: string) => {
    const url = new URL(postgresUrl)
    if (database !== undefined) url.pathname = `/${database}`
    const client = new pg.Client({ connectionString: url.href, connectionTimeoutMillis: 10_000 })
    await client.connect()
    return client
  }
  await prepareCapture(connect, captured, rolePassword('capture', password))
  say(`change data capture: a replication slot for ${captured.join(' and ')}`)
}

try {
  const env = settings.parse(process.env)
  const servers = { postgresUrl: env.POSTGRES_URL, mongoUrl: env.MONGO_URL, password: env.SHOP_DB_PASSWORD }
  const load = { loadCustomers: env.LOAD_CUSTOMERS, loadSkus: env.LOAD_SKUS }
  const variant = env.SHOP_VARIANT
  await Promise.all([
    prepareTopics(topicsIn(variant), (env.BROKER_URL ?? env.KAFKA_BROKERS ?? '').split(','), {
      partitions: env.TOPIC_PARTITIONS,
      replicationFactor: env.TOPIC_REPLICATION,
    }),
    prepareDatabases(servicesOf(variant), servers, load),
  ])
  if (env.RELAY === 'cdc') await prepareLog(servers)
} catch (error) {
  const issues = error instanceof z.ZodError ? error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; ') : undefined
  console.error(`init failed: ${issues ?? (error instanceof Error ? error.message : error)}`)
  process.exit(1)
}

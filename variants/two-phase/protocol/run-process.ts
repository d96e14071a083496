/** A process of this variant: settings, database, HTTP, and their ordered stop. */
import {
  baseConfig,
  type Checks,
  ConfigurationError,
  createApp,
  createLog,
  createMetrics,
  durationMs,
  host,
  type Log,
  messageOf,
  port,
  readConfig,
  runService,
  type StopStep,
  url,
} from '@shop/service-host'
import { createPool, PostgresMessageStore } from '@shop/store-postgres'
import type { Router } from 'express'
import type { Pool } from 'pg'
import { z } from 'zod'
import { requirePreparing } from './prepared.ts'

const schema = z.object({
  ...baseConfig,
  ADMIN_TOKEN: z.string().min(8),
  DATABASE_URL: url,
  /** Where the others are: `order=http://127.0.0.1:3001,payment=…`. */
  SERVICE_URLS: z.string(),
  /** How long an order may stay undecided before its own service asks for its end. */
  ASK_AFTER: durationMs.default(10_000),
})

export interface Context {
  readonly config: z.output<typeof schema>
  readonly log: Log
  /** For local work, which may wait for locks. */
  readonly working: Pool
  /** For what ends such waits. */
  readonly ending: Pool
  /** For requests that are performed once. */
  readonly store: PostgresMessageStore
  /** By name, without a path. @throws ConfigurationError */
  readonly urlOf: (name: string) => string
}

export interface Opened {
  readonly routes: Router
  /** Behind the token. */
  readonly admin?: readonly Router[]
  readonly checks?: Checks
  readonly stopFirst?: readonly StopStep[]
}

const endingConnectionsMax = 4

/** MongoDB commits over several of its own documents and shards, but holds no transaction ready for a stranger's decision. */
const refuseOtherDatabases = (name: string, databaseUrl: string): void => {
  const [scheme = ''] = databaseUrl.split(':')
  if (/^postgres(ql)?$/.test(scheme)) return
  throw new ConfigurationError(
    `${name} cannot take part in a two-phase commit with ${scheme}: it has no PREPARE TRANSACTION, so after a yes it could not keep its word through a restart; give it PostgreSQL`,
  )
}

const readUrls = (list: string): ((name: string) => string) => {
  const urls = new Map(list.split(',').map((item) => item.trim().split('=', 2) as [string, string]))
  return (name) => {
    const found = urls.get(name)
    if (found === undefined) throw new ConfigurationError(`SERVICE_URLS: ${name} is missing`)
    return found
  }
}

/** @param prepares whether its database has to be able to prepare transactions. */
export const runProcess = (
  name: string,
  { prepares }: { readonly prepares: boolean },
  open: (context: Context) => Promise<Opened>,
): Promise<void> =>
  runService(name, async () => {
    const config = readConfig(schema.extend({ PORT: port }))
    refuseOtherDatabases(name, config.DATABASE_URL)
    const log = createLog({ service: name, level: config.LOG_LEVEL, withhold: ['shippingAddress', 'address'] })
    const metrics = createMetrics({ service: name })
    const onIdleError = (err: Error) => log.warn({ err }, 'an idle connection broke')
    const common = { connectionString: config.DATABASE_URL, onIdleError }
    const working = createPool({ ...common, applicationName: name })
    const ending = createPool({ ...common, applicationName: `${name}-ending`, connectionsMax: endingConnectionsMax })
    const store = new PostgresMessageStore(working, name)
    if (prepares)
      await requirePreparing(ending).catch((error) => {
        throw new ConfigurationError(`${name} cannot take part in a two-phase commit: ${messageOf(error)}`)
      })
    const context = { config, log, working, ending, store, urlOf: readUrls(config.SERVICE_URLS) }
    const { routes, admin = [], checks = {}, stopFirst = [] } = await open(context)
    const app = createApp({
      log,
      metrics,
      routes,
      admin: { token: config.ADMIN_TOKEN, routers: admin },
      isUnavailable: (error) => store.isTransient(error),
      checks: { database: () => ending.query('SELECT 1'), ...checks },
    })
    const close = { name: 'database', stop: () => Promise.all([working.end(), ending.end()]) }
    await host({ name, log, app, port: config.PORT, hostname: config.HOST, onStop: [...stopFirst, close] })
  })

import { allTopics } from '@shop/choreography'
import { messageDocumentModel } from '@shop/store-mongo'
import mongoose from 'mongoose'
import pg from 'pg'
import { benchTransport, brokerDurability } from './broker.ts'
import type { BenchShop } from './shop.ts'

/** What the shop has done since it started. */
export interface Counts {
  /** Records on the topics of events. */
  readonly events: number
  /** Transactions that PostgreSQL has committed, in all databases. */
  readonly commits: number
  /** By service, over all its processes. */
  readonly handling: Readonly<Record<string, Handling>>
}

export interface Handling {
  /** Messages whose effect was committed. */
  readonly handled: number
  /** Local transactions that handled messages. */
  readonly transactions: number
}

export interface Observer {
  counts(): Promise<Counts>
  /** The settings in force on which it depends that what was acknowledged is not lost. */
  durability(): Promise<string[]>
  close(): Promise<void>
}

const scrapeMsMax = 10_000

/** The sum of a metric's samples. */
export const sampleSum = (text: string, name: string): number =>
  text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)

const handlingOf = async (urls: readonly string[]): Promise<Handling> => {
  const texts = await Promise.all(
    urls.map(async (url) => (await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(scrapeMsMax) })).text()),
  )
  const text = texts.join('\n')
  return { handled: sampleSum(text, 'shop_messages_handled_total'), transactions: sampleSum(text, 'shop_transactions_total') }
}

/** Asks the shop's databases, broker and services from outside. */
export const observe = async ({ urls, backends }: BenchShop): Promise<Observer> => {
  const admin = (await benchTransport(backends.broker)).admin()
  const db = new pg.Client({ connectionString: backends.postgresUrl })
  await db.connect()
  const { events: topics } = allTopics()

  const recordCount = async (): Promise<number> => {
    const stretches = await admin.stretches(topics)
    return stretches.reduce((sum, { records }) => sum + records, 0)
  }
  const commitCount = async (): Promise<number> => {
    const { rows } = await db.query<{ commits: string }>('SELECT sum(xact_commit) AS commits FROM pg_stat_database')
    return Number(rows[0]?.commits)
  }
  return {
    counts: async () => {
      const entries = Object.entries(urls).map(async ([name, all]) => [name, await handlingOf(all)] as const)
      const [events, commits, handling] = await Promise.all([recordCount(), commitCount(), Promise.all(entries)])
      return { events, commits, handling: Object.fromEntries(handling) }
    },
    durability: async () => [
      await ofPostgres(db),
      await brokerDurability(backends.broker, topics[0] ?? ''),
      await ofMongo(backends.mongoUrl),
    ],
    close: async () => void (await Promise.all([admin.close(), db.end()])),
  }
}

const ofPostgres = async (db: pg.Client): Promise<string> => {
  const names = ['fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method']
  const { rows } = await db.query<{ name: string; setting: string }>(
    'SELECT name, setting FROM pg_settings WHERE name = ANY($1) ORDER BY name',
    [names],
  )
  return `PostgreSQL ${rows.map(({ name, setting }) => `${name}=${setting}`).join(' ')}`
}

const ofMongo = async (url: string): Promise<string> => {
  const connection = await mongoose.createConnection(url, { serverSelectionTimeoutMS: 5_000 }).asPromise()
  try {
    const concern = messageDocumentModel(connection, 'durability').schema.get('writeConcern')
    const { version } = (await connection.getClient().db().admin().command({ buildInfo: 1 })) as unknown as { version: string }
    return `MongoDB ${version}, write concern ${JSON.stringify(concern)}`
  } finally {
    await connection.close()
  }
}

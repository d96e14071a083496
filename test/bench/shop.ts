import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Shop, startShop } from '@shop/infra/embedded'
import pg from 'pg'

/** A fresh shop of its own, and what can be asked of it. */
export interface BenchShop {
  readonly urls: Readonly<Record<string, string>>
  readonly brokers: readonly string[]
  /** The processes to be measured, each by name. */
  pids(): Record<string, number[]>
  /** Transactions that PostgreSQL has committed since it started. */
  commits(): Promise<number>
  /** By service, messages and transactions so far. */
  batches(): Promise<Record<string, { messages: number; transactions: number }>>
  durability(): Promise<string[]>
  /** `npm run check`, once the shop is at rest. @returns its last line; throws when it does not hold. */
  check(waitSeconds: number): Promise<string>
  stop(): Promise<void>
}

const checkMain = join(import.meta.dirname, '../check/main.ts')
const checkMsMax = 600_000

const figure = (text: string, name: string): number => {
  const line = text.split('\n').find((l) => l.startsWith(`${name}{`) || l.startsWith(`${name} `))
  return Number(line?.slice(line.lastIndexOf(' ') + 1) ?? Number.NaN)
}

const pidsOf = (shop: Shop): Record<string, number[]> => {
  const { services, backends } = JSON.parse(readFileSync(join(shop.dataDir, 'run.json'), 'utf8')) as Record<
    'services' | 'backends',
    Record<string, { pid: number }>
  >
  return Object.fromEntries(Object.entries({ ...services, ...backends }).map(([name, { pid }]) => [name, [pid]]))
}

const runCheck = (shop: Shop, waitSeconds: number): Promise<string> => {
  const { kafkaBrokers, postgresUrl, mongoUrl } = shop.backends
  const env = { ...process.env, KAFKA_BROKERS: kafkaBrokers, POSTGRES_URL: postgresUrl, MONGO_URL: mongoUrl }
  const args = [checkMain, '--wait', String(waitSeconds)]
  return new Promise((resolve, reject) =>
    execFile(process.execPath, args, { env, timeout: checkMsMax, maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      const last = stdout.trim().split('\n').at(-1) ?? ''
      if (error) reject(new Error(`the check does not hold, so the run does not count:\n${stdout}${stderr}`))
      else resolve(last)
    }),
  )
}

/** Starts it on free ports in a folder of its own, which `stop` removes. */
export const startBenchShop = async (log: (line: string) => void): Promise<BenchShop> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'shop-bench-'))
  chmodSync(dataDir, 0o711) // for root: PostgreSQL runs as another account then
  const env = { ...process.env, LOG_LEVEL: process.env.LOG_LEVEL ?? 'warn' }
  const shop = await startShop({ dataDir, ports: 'free', log, env })
  const db = new pg.Client({ connectionString: shop.backends.postgresUrl })
  await db.connect()
  return {
    urls: shop.urls,
    brokers: shop.backends.kafkaBrokers.split(','),
    pids: () => pidsOf(shop),
    commits: async () => {
      const { rows } = await db.query<{ commits: string }>('SELECT sum(xact_commit) AS commits FROM pg_stat_database')
      return Number(rows[0]?.commits)
    },
    batches: async () => {
      const entries = Object.entries(shop.urls).map(async ([name, url]) => {
        const text = await (await fetch(`${url}/metrics`)).text()
        return [
          name,
          { messages: figure(text, 'shop_batch_size_sum'), transactions: figure(text, 'shop_batch_size_count') },
        ] as const
      })
      return Object.fromEntries(await Promise.all(entries))
    },
    durability: async () => {
      const names = ['fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method']
      const { rows } = await db.query<{ name: string; setting: string }>(
        'SELECT name, setting FROM pg_settings WHERE name = ANY($1) ORDER BY name',
        [names],
      )
      return [
        `PostgreSQL ${rows.map(({ name, setting }) => `${name}=${setting}`).join(' ')}`,
        'Kafka acks=all, idempotent producer, one broker: it acknowledges from the page cache, as Kafka does by default',
        'MongoDB writeConcern majority, journal',
      ]
    },
    check: (waitSeconds) => runCheck(shop, waitSeconds),
    stop: async () => {
      await db.end()
      await shop.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Shop, startShop } from '@shop/infra/embedded'
import { readRunRecord } from '@shop/tools/running-shop'
import type { BrokerAddress } from './broker.ts'
import type { Settings } from './options.ts'

/** A fresh shop of its own. */
export interface BenchShop {
  /** The base URLs of all processes, by service. */
  readonly urls: Readonly<Record<string, readonly string[]>>
  readonly backends: {
    readonly broker: BrokerAddress
    readonly postgresUrl: string
    readonly mongoUrl: string
  }
  /** What each service's DATABASE_URL is. */
  readonly databaseUrls: Readonly<Record<string, string>>
  /** The processes to be measured, by name; those of one service together. */
  pids(): Record<string, number[]>
  /** `npm run check`, once the shop is at rest. @returns its last line. @throws when it does not hold */
  check(waitSeconds: number): Promise<string>
  stop(): Promise<void>
}

const checkMain = join(import.meta.dirname, '../../tools/check/main.ts')
const checkMsMax = 1_800_000

const pidsOf = (shop: Shop): Record<string, number[]> => {
  const { record } = readRunRecord(shop.dataDir)
  const all = Object.entries({ ...record?.services, ...record?.others, ...record?.backends })
  // payment-2 is a process of payment
  const grouped = Map.groupBy(all, ([name]) => name.replace(/-\d+$/, ''))
  return Object.fromEntries([...grouped].map(([name, entries]) => [name, entries.map(([, { pid }]) => pid)]))
}

const runCheck = (
  { backends: { kafkaBrokers, brokerUrl, postgresUrl, mongoUrl } }: Shop,
  waitSeconds: number,
): Promise<string> => {
  const broker = brokerUrl === undefined ? { KAFKA_BROKERS: kafkaBrokers } : { BROKER_URL: brokerUrl }
  const env = { ...process.env, ...broker, POSTGRES_URL: postgresUrl, MONGO_URL: mongoUrl }
  const args = [checkMain, '--wait', String(waitSeconds)]
  return new Promise((resolve, reject) =>
    execFile(process.execPath, args, { env, timeout: checkMsMax, maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      const last = stdout.trim().split('\n').at(-1) ?? ''
      if (error) reject(new Error(`the check does not hold, so the run does not count:\n${stdout}${stderr}`))
      else resolve(last)
    }),
  )
}

/** A folder under the system's temporary one. Goes away with `remove`. */
export const temporaryFolder = (): { readonly dataDir: string; remove(): void } => {
  const dataDir = mkdtempSync(join(tmpdir(), 'shop-bench-'))
  chmodSync(dataDir, 0o711) // for root: PostgreSQL runs as another account then
  return { dataDir, remove: () => rmSync(dataDir, { recursive: true, force: true }) }
}

/** Starts it on free ports in a folder of its own, which `stop` removes. */
export const startEmbeddedShop = async (
  { broker, customers, skus, replicas }: Pick<Settings, 'broker' | 'customers' | 'skus' | 'replicas'>,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<BenchShop> => {
  const folder = temporaryFolder()
  const env = {
    ...process.env,
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'warn',
    LOAD_CUSTOMERS: String(customers),
    LOAD_SKUS: String(skus),
  }
  const shop = await startShop({ dataDir: folder.dataDir, ports: 'free', broker, log, env, signal }).catch((error) => {
    folder.remove()
    throw error
  })
  const stop = () => shop.stop().finally(folder.remove)
  try {
    const urls: Record<string, readonly string[]> = {}
    for (const service of Object.keys(shop.urls)) urls[service] = await shop.scale(service, replicas)
    return {
      urls,
      backends: { ...shop.backends, broker: { brokers: (shop.backends.brokerUrl ?? shop.backends.kafkaBrokers).split(',') } },
      databaseUrls: shop.databaseUrls,
      pids: () => pidsOf(shop),
      check: (waitSeconds) => runCheck(shop, waitSeconds),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

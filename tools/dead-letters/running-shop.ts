import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { participants } from '@shop/manifest'

/** Where the services of the running shop answer, and what opens their admin routes. */
export interface RunningShop {
  /** By service, without a path. */
  readonly urls: Readonly<Record<string, string>>
  readonly adminToken: string
}

const root = join(import.meta.dirname, '../..')
/** As docker-compose.yml has it. */
const composeToken = 'shop-admin'

/**
 * The shop of `npm start` when its record says that it runs, else the one of docker compose, whose ports are those of the
 * manifest.
 * @param env `SHOP_ADMIN_TOKEN` is the token of compose. @throws Error when the record is none.
 */
export const runningShop = (dataDir = join(root, '.data'), env: NodeJS.ProcessEnv = process.env): RunningShop => {
  const file = join(dataDir, 'run.json')
  if (!existsSync(file)) {
    const urls = Object.fromEntries(participants.map(({ name, port }) => [name, `http://127.0.0.1:${port}`]))
    return { urls, adminToken: env.SHOP_ADMIN_TOKEN || composeToken }
  }
  const { services, adminToken } = JSON.parse(readFileSync(file, 'utf8')) as {
    services: Record<string, { url: string; database?: string }>
    adminToken: string
  }
  // without a database: the dashboard, which sets nothing aside
  const withDatabase = Object.entries(services).filter(([, { database }]) => database !== undefined)
  return { urls: Object.fromEntries(withDatabase.map(([name, { url }]) => [name, url])), adminToken }
}

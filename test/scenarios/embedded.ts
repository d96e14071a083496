/** Vitest's global set-up: the whole shop on real backends, on free ports in a folder of its own, with a door to its supervisor. */
import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startShop } from '@shop/infra/embedded'
import type { TestProject } from 'vitest/node'
import { openControl } from './control.ts'

const checkMain = join(import.meta.dirname, '../../tools/check/main.ts')
const checkMsMax = 120_000

/** With `dashboard` that one too. @returns what stops it all. */
export const provideShop = async (project: TestProject, { dashboard = false } = {}) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'shop-test-'))
  chmodSync(dataDir, 0o711) // for root: PostgreSQL runs as another account then
  const log = (line: string) => console.log(`shop: ${line}`)
  // Proxies stand before servers of the shop's own alone; on containers it runs without faults.
  const faults = !process.env.KAFKA_BROKERS
  const shop = await startShop({ dataDir, ports: 'free', dashboard, log, faults })
  const { kafkaBrokers, postgresUrl, mongoUrl } = shop.backends
  const settings = { KAFKA_BROKERS: kafkaBrokers, POSTGRES_URL: postgresUrl, MONGO_URL: mongoUrl }
  const control = await openControl({
    halt: (service) => shop.services.halt(service),
    start: (service) => shop.services.start(service),
    kill: async (service) => shop.services.kill(service, 'SIGKILL'),
    check: (args) =>
      new Promise((resolve) =>
        execFile(
          process.execPath,
          [checkMain, ...args],
          { env: { ...process.env, ...settings }, timeout: checkMsMax },
          (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? -1) : 0, output: stdout + stderr }),
        ),
      ),
  })
  project.provide('shop', { urls: shop.urls, control: control.url })
  project.provide('admin', { token: shop.adminToken, dataDir })
  project.provide('backends', { kafkaBrokers, postgresUrl, mongoUrl, databaseUrls: shop.databaseUrls })
  return async () => {
    control.close()
    await shop.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

export default (project: TestProject) => provideShop(project)

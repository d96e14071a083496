/** Vitest's global set-up: the whole shop on real backends, on free ports in a folder of its own, with a door to its supervisor. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Shop, startShop } from '@shop/infra/embedded'
import type { TestProject } from 'vitest/node'

export interface Running {
  /** By service, without a path. */
  readonly urls: Readonly<Record<string, string>>
  readonly kafkaBrokers: string
  readonly postgresUrl: string
  readonly mongoUrl: string
  /** What each service's DATABASE_URL is. */
  readonly databaseUrls: Readonly<Record<string, string>>
  /** POST /<halt|start|kill|pause|resume>/<service> here. */
  readonly control: string
}

declare module 'vitest' {
  export interface ProvidedContext {
    shop: Running
  }
}

const actions: Record<string, (shop: Shop, service: string) => unknown> = {
  halt: (shop, service) => shop.services.halt(service),
  start: (shop, service) => shop.services.start(service),
  kill: (shop, service) => shop.services.kill(service, 'SIGKILL'),
  pause: (shop, service) => shop.services.kill(service, 'SIGSTOP'),
  resume: (shop, service) => shop.services.kill(service, 'SIGCONT'),
}

/** Tests run in processes of their own; what they ask of the supervisor comes here. */
const openControl = (shop: Shop) => {
  const server = createServer(async (req, res) => {
    const [, action = '', service = ''] = (req.url ?? '').split('/')
    try {
      if (!actions[action]) throw new Error(`no action ${action}`)
      await actions[action](shop, service)
      res.end()
    } catch (error) {
      res.writeHead(500).end(String(error))
    }
  })
  return new Promise<{ url: string; close: () => void }>((resolve) =>
    server.listen(0, '127.0.0.1', () =>
      resolve({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }),
    ),
  )
}

export default async (project: TestProject) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'shop-test-'))
  chmodSync(dataDir, 0o711) // for root: PostgreSQL runs as another account then
  const log = (line: string) => console.log(`shop: ${line}`)
  const shop = await startShop({ dataDir, ports: 'free', log, env: { ...process.env, ...project.config.env } })
  const control = await openControl(shop)
  const { kafkaBrokers, postgresUrl, mongoUrl } = shop.backends
  project.provide('shop', {
    urls: shop.urls,
    kafkaBrokers,
    postgresUrl,
    mongoUrl,
    databaseUrls: shop.databaseUrls,
    control: control.url,
  })
  return async () => {
    control.close()
    await shop.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

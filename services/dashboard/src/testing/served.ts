import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApp, createLog, createMetrics } from '@shop/service-host'
import { Bursts } from '../burst.ts'
import { CheckRuns } from '../check.ts'
import { Feed } from '../feed.ts'
import { Guard } from '../guard.ts'
import { routes } from '../http.ts'
import { Processes } from '../processes.ts'
import { Projection } from '../projection.ts'
import { ServicesWatch } from '../services-watch.ts'
import { Store } from '../store.ts'
import { Stream } from '../stream.ts'
import { Upstream } from '../upstream.ts'

export const token = 'a-token-for-tests'

/** The dashboard's HTTP side on a real socket, fed by hand in place of Kafka. */
export const serve = async (
  options: { actions?: boolean; services?: Record<string, string>; pageFolder?: string; runRecord?: string } = {},
) => {
  const store = new Store()
  const projection = new Projection(store)
  const feed = new Feed(projection)
  const stream = new Stream({ feed, store })
  const upstream = new Upstream(new Map(Object.entries(options.services ?? {})))
  const services = new ServicesWatch(upstream)
  const log = createLog({ service: 'dashboard', level: 'silent' })
  const app = createApp({
    log,
    metrics: createMetrics({ service: 'dashboard' }),
    checks: {},
    routes: routes({
      projection,
      stream,
      services,
      upstream,
      monitor: {
        parts: () => ({ figure: (n) => projection.figure(n), kafka: { topics: [], groups: [] }, services: services.states() }),
      },
      bursts: new Bursts(async () => true),
      checks: new CheckRuns(undefined),
      processes: new Processes(options.runRecord, token),
      guard: new Guard({ token, actions: options.actions ?? true }),
      retention: { ms: 1_000_000, ordersMax: 1_000 },
      customers: ['alice'],
      adminToken: token,
      hosts: ['127.0.0.1'],
      pageFolder: options.pageFolder,
    }),
  })
  const server = createServer(app.express)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stream,
    store,
    take: (records: Parameters<Projection['apply']>[0]) => feed.tell(projection.apply(records)),
    close: async () => {
      stream.close()
      feed.stop()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      store.close()
    },
  }
}

export type Served = Awaited<ReturnType<typeof serve>>

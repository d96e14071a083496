import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type ServiceName, serviceNames } from '@shop/choreography'
import { hasEngine } from '../compose/engine.ts'
import { compose, down, ports, up } from '../compose/project.ts'
import type { Settings } from './options.ts'
import type { BenchShop } from './shop.ts'

const checkMsMax = 1_800_000
const inspectMsMax = 20_000
const backendNames: Readonly<Record<string, string>> = { kafka: 'Kafka', postgres: 'PostgreSQL', mongo: 'MongoDB' }
const password = { service: process.env.SHOP_DB_PASSWORD ?? 'shop', superuser: process.env.POSTGRES_PASSWORD ?? 'postgres' }

interface Container {
  readonly service: string
  readonly pid: number
  /** In one of its networks. A Linux engine lets its own machine reach it there, also in networks that are closed to the outside. */
  readonly address: string
}

interface Inspected {
  readonly State: { readonly Pid: number }
  readonly Config: { readonly Labels: Readonly<Record<string, string>> }
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>> }
}

const containers = async (): Promise<readonly Container[]> => {
  const ids = (await compose(['ps', '--quiet'])).split('\n').filter((id) => id !== '')
  const { stdout } = await promisify(execFile)('docker', ['inspect', ...ids], { timeout: inspectMsMax })
  return (JSON.parse(stdout) as Inspected[]).map(({ State, Config, NetworkSettings }) => ({
    service: Config.Labels['com.docker.compose.service'] ?? '',
    pid: State.Pid,
    address: Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? '',
  }))
}

/**
 * `docker compose up` of the tests' own project, without the dashboard; `stop` removes it with its data. Services are spoken to directly,
 * not through the gateway, so that several processes of one are measured each.
 * @throws Error when there is no engine, it cannot start the shop, or its containers are not to be reached from here.
 */
export const startComposeShop = async (
  { customers, skus, replicas }: Pick<Settings, 'customers' | 'skus' | 'replicas'>,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<BenchShop> => {
  if (!hasEngine()) throw new Error('--target compose needs a container engine with docker compose, and none answers here')
  Object.assign(process.env, {
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'warn',
    LOAD_CUSTOMERS: String(customers),
    LOAD_SKUS: String(skus),
  })
  await down('--volumes')
  const stop = async () => void (await down('--volumes'))
  try {
    log('building and starting the containers, a few minutes the first time …')
    await up(...serviceNames.flatMap((service) => ['--scale', `${service}=${replicas}`]), ...serviceNames)
    signal.throwIfAborted()
    const all = await containers()
    const of = (service: string): readonly Container[] => all.filter((c) => c.service === service)
    const addressOf = (service: string): string => {
      const address = of(service)[0]?.address
      if (!address) throw new Error(`compose: ${service} has no address`)
      return address
    }
    const [kafka, postgres, mongo] = [addressOf('kafka'), addressOf('postgres'), addressOf('mongo')]
    const databaseUrlOf = (service: string): string =>
      service === 'payment' || service === 'inventory'
        ? `postgres://shop_${service}:${password.service}-${service}@${postgres}:5432/shop_${service}`
        : `mongodb://${mongo}:27017/shop_${service}`
    const byService = <T>(make: (service: ServiceName) => T) => Object.fromEntries(serviceNames.map((s) => [s, make(s)] as const))
    const pids = Object.fromEntries(
      [...serviceNames, ...Object.keys(backendNames)].map((s) => [backendNames[s] ?? s, of(s).map(({ pid }) => pid)]),
    )
    return {
      urls: byService((service) => of(service).map(({ address }) => `http://${address}:${ports[service]}`)),
      backends: {
        // The broker tells its clients the name that it has in the containers' network.
        broker: {
          brokers: [`${kafka}:9092`],
          route: (host, port) => ({ host: host === 'kafka' ? kafka : host, port }),
        },
        postgresUrl: `postgres://postgres:${password.superuser}@${postgres}:5432/postgres`,
        mongoUrl: `mongodb://${mongo}:27017`,
      },
      databaseUrls: byService(databaseUrlOf),
      pids: () => pids,
      check: async (waitSeconds) => {
        const args = ['run', '--rm', '-T', 'check', 'node', 'tools/check/main.ts', '--wait', String(waitSeconds)]
        return (await compose(args, checkMsMax)).trim().split('\n').at(-1) ?? ''
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

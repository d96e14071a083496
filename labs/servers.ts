/** The servers of an experiment: Kafka and PostgreSQL, started for it and gone with it. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Backends, capturedPostgres, type KafkaCluster, startBackends, startKafkaCluster } from '@shop/infra/embedded'

export interface Addresses {
  readonly brokers: readonly string[]
  /** Of the superuser. */
  readonly postgresUrl: string
}

/** A folder for servers' data. */
const temporaryFolder = (): { readonly dataDir: string; remove(): void } => {
  const dataDir = mkdtempSync(join(tmpdir(), 'shop-lab-'))
  chmodSync(dataDir, 0o711) // for root: PostgreSQL runs as another account then
  return { dataDir, remove: () => rmSync(dataDir, { recursive: true, force: true }) }
}

export interface Running {
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** Ends both, whatever comes of it, and rejects as soon as the signal is aborted. */
const whileRunning = async <Servers extends { stop(): Promise<void> }, T>(
  { signal }: Running,
  start: (dataDir: string) => Promise<Servers>,
  act: (servers: Servers) => Promise<T>,
): Promise<T> => {
  const folder = temporaryFolder()
  try {
    const servers = await start(folder.dataDir)
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
    })
    return await Promise.race([act(servers), aborted]).finally(() => servers.stop())
  } finally {
    folder.remove()
  }
}

/** Never those that the environment names: sessions are shorter here than a broker allows by default. */
const ownServers = (): NodeJS.ProcessEnv => {
  const { KAFKA_BROKERS: _, POSTGRES_URL: __, MONGO_URL: ___, ...env } = process.env
  return env
}

/** Runs `act` on a broker and a database of its own; both are gone afterwards. @throws as soon as the signal is aborted, too */
export const onServers = <T>(running: Running, act: (addresses: Addresses) => Promise<T>): Promise<T> => {
  const { say: log, signal } = running
  return whileRunning(
    running,
    (dataDir) => startBackends({ dataDir, ports: 'free', log, env: ownServers(), signal }),
    ({ kafkaBrokers, postgresUrl }) => act({ brokers: kafkaBrokers.split(','), postgresUrl }),
  )
}

/** The same on RabbitMQ: the one that RABBITMQ_URL names, else one of its own. @throws StartRefusal where there is none */
export const onRabbitmq = <T>(
  running: Running,
  act: (addresses: { readonly url: string; readonly postgresUrl: string }) => Promise<T>,
): Promise<T> => {
  const { say: log, signal } = running
  return whileRunning(
    running,
    (dataDir) => startBackends({ dataDir, ports: 'free', log, env: ownServers(), signal, broker: 'rabbitmq' }),
    ({ brokerUrl = '', postgresUrl }) => act({ url: brokerUrl, postgresUrl }),
  )
}

/** The same on three brokers that replicate to each other, without a database. */
export const onCluster = <T>(running: Running, act: (cluster: KafkaCluster) => Promise<T>): Promise<T> =>
  whileRunning(running, (dataDir) => startKafkaCluster({ dataDir, log: running.say, signal: running.signal }), act)

export interface CapturedServers extends Pick<Backends, 'broker' | 'postgres' | 'postgresUrl' | 'kafkaBrokers'> {
  /** for what is started beside them */
  readonly dataDir: string
}

/** The same on a PostgreSQL whose log can be read. */
export const onCaptured = <T>(running: Running, act: (servers: CapturedServers) => Promise<T>): Promise<T> => {
  const { say: log, signal } = running
  const start = async (dataDir: string) => {
    const options = { dataDir, ports: 'free', log, env: ownServers(), signal, postgresSettings: capturedPostgres } as const
    const { broker, postgres, postgresUrl, kafkaBrokers, stop } = await startBackends(options)
    return { broker, postgres, postgresUrl, kafkaBrokers, stop, dataDir }
  }
  return whileRunning(running, start, act)
}

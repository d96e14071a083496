import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { hasDatabase } from '@shop/manifest'
import { keepConnectors } from '../connect/keeper.ts'
import { connectorNameOf, outboxConnector } from '../connect/outbox-connector.ts'
import { captureUrl } from '../connect/prepare-capture.ts'
import { connectRest } from '../connect/rest.ts'
import { rolePassword } from '../init/database-urls.ts'
import type { StartableService } from '../services.ts'
import type { EmbeddedBackend } from './backend.ts'
import { type Backends, root } from './backends.ts'
import { prepareConnectJars, requireMavenForConnect } from './connect-jars.ts'
import { connectWorker } from './connect-worker.ts'
import { findJava } from './java.ts'
import { freePorts, loopback, portSetting, type WantedPort } from './ports.ts'
import { type Log, step } from './progress.ts'
import { StartRefusal } from './start-refusal.ts'

/** Who takes the events of the services on PostgreSQL to the broker: their own relays, or a connector that reads PostgreSQL's log. */
export type RelayKind = 'outbox' | 'cdc'

/** Of a PostgreSQL whose log is read. The log of a reader that is away is kept up to this size; then it has lost its place. */
export const capturedPostgres = { wal_level: 'logical', max_slot_wal_keep_size: '1GB' } as const

const connectorsMsMax = 90_000
const jarsDir = join(root, '.data', 'connect-jars')
const folderIn = (dataDir: string) => join(dataDir, 'connect')

export interface CaptureOptions {
  readonly dataDir: string
  readonly ports: 'fixed' | 'free'
  readonly env: NodeJS.ProcessEnv
  readonly log: Log
  readonly signal?: AbortSignal | undefined
}

/** What would be started, and where. */
export interface CapturePlan {
  readonly wantedPort: WantedPort
  /** The worker and, once it answers, a connector for each of the services. */
  make(backends: Backends, services: readonly StartableService[], logFile: string): Capture
}

export interface Capture {
  readonly worker: EmbeddedBackend
  readonly restUrl: string
  /** Resolves once every connector reads. */
  start(): Promise<void>
  stop(): Promise<void>
}

/**
 * @returns undefined when the services relay by themselves
 * @throws StartRefusal without Java or Maven, or when what a former run has told may be in PostgreSQL's log, where no relay would find it
 */
export const planCapture = async (relay: RelayKind, options: CaptureOptions): Promise<CapturePlan | undefined> => {
  const { dataDir, env, ports } = options
  if (relay === 'outbox') {
    if (existsSync(folderIn(dataDir)))
      throw new StartRefusal(
        `the shop in ${dataDir} was started with --relay cdc, and what it has told may still be in PostgreSQL's log: start it so again, or begin anew with 'npm start -- --fresh'`,
      )
    return undefined
  }
  await findJava(env)
  requireMavenForConnect(jarsDir, env)
  const port = ports === 'free' ? ((await freePorts(1))[0] ?? 0) : portSetting(env, 'CONNECT_PORT', 8083)
  return {
    wantedPort: { port, name: 'Kafka Connect', setting: 'CONNECT_PORT' },
    make: (backends, services, logFile) => makeCapture(backends, services, { ...options, port, logFile }),
  }
}

export interface ConnectOptions extends Omit<CaptureOptions, 'ports'> {
  /** of its REST API */
  readonly port: number
  readonly kafkaBrokers: string
  readonly logFile: string
  /** as `connectWorker` has it */
  readonly exactlyOnce?: boolean
}

/** A worker of Kafka Connect that is not started yet; its jars are fetched when it is. */
export const connectOn = ({ dataDir, env, log, signal, ...options }: ConnectOptions): EmbeddedBackend =>
  connectWorker({
    ...options,
    folder: folderIn(dataDir),
    javaAndJars: async () => ({
      java: await findJava(env),
      connect: await prepareConnectJars({ directory: jarsDir, env, log, signal }),
    }),
  })

const makeCapture = (
  backends: Backends,
  services: readonly StartableService[],
  options: Omit<ConnectOptions, 'kafkaBrokers'>,
): Capture => {
  const { env, log, port } = options
  const worker = connectOn({ ...options, kafkaBrokers: backends.kafkaBrokers })
  const restUrl = `http://${loopback}:${port}`
  let keeper: ReturnType<typeof keepConnectors> | undefined
  const captured = services.filter((service) => hasDatabase(service) && service.database === 'postgres')
  const password = rolePassword('capture', env.SHOP_DB_PASSWORD || 'shop')
  return {
    worker,
    restUrl,
    start: async () => {
      await step(
        log,
        'starting Kafka Connect',
        () => worker.start(),
        () => `Kafka Connect is ready on ${loopback}:${port}, pid ${worker.pid()}`,
      )
      const connectors = Object.fromEntries(
        captured.map(({ name: service }) => [
          connectorNameOf(service),
          outboxConnector({ service, url: captureUrl(backends.postgresUrl, service, password) }),
        ]),
      )
      keeper = keepConnectors({ rest: connectRest(restUrl), connectors, log })
      await keeper.running(connectorsMsMax)
    },
    stop: async () => {
      await keeper?.stop()
      await worker.stop()
    },
  }
}

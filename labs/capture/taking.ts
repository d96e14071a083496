/** What takes the events of a teller to the broker: its own relay, or Kafka Connect. */
import { join } from 'node:path'
import {
  captureUrl,
  connectOn,
  connectorNameOf,
  connectRest,
  type EmbeddedBackend,
  freePorts,
  loopback,
  outboxConnector,
  prepareCapture,
  slotNameOf,
} from '@shop/infra/embedded'
import pg from 'pg'
import { type Child, startChild } from '../child.ts'
import type { CapturedServers, Running } from '../servers.ts'
import { done, ready, type Tell, type TellerSettings } from './teller/settings.ts'

const program = join(import.meta.dirname, 'teller', 'main.ts')
const password = 'lab-capture'
const readyMsMax = 60_000
const connectorMsMax = 60_000

export type Teller = Child & { tell(what: Tell): Promise<void> }

/** Resolves when it can be told to tell. @throws when it ends before, or is not ready within a minute */
export const startTeller = async (settings: TellerSettings): Promise<Teller> => {
  const child = startChild(program, settings)
  const heard = (what: string) => new Promise<void>((resolve) => child.process.on('message', (m) => m === what && resolve()))
  const early = child.ended.then((how) => Promise.reject(new Error(`the teller ended with ${how}`)))
  early.catch(() => {})
  const late = AbortSignal.timeout(readyMsMax)
  const tooLate = new Promise<never>((_, reject) => late.addEventListener('abort', () => reject(new Error('not ready in time'))))
  await Promise.race([heard(ready), early, tooLate]).catch(async (error) => {
    await child.kill()
    throw error
  })
  tooLate.catch(() => {})
  return {
    ...child,
    tell: async (what) => {
      const told = heard(done)
      child.process.send(what)
      await Promise.race([told, early])
    },
  }
}

/** @param database default: the one of the superuser's URL */
export const connectTo = async (postgresUrl: string, database?: string): Promise<pg.Client> => {
  const url = new URL(postgresUrl)
  if (database !== undefined) url.pathname = `/${database}`
  const client = new pg.Client({ connectionString: url.href })
  client.on('error', () => {})
  await client.connect()
  return client
}

/** A slot and a publication for `service`. */
export const prepareSlot = ({ postgresUrl }: CapturedServers, service: string): Promise<void> =>
  prepareCapture((database) => connectTo(postgresUrl, database), [service], password)

export interface Connecting {
  readonly worker: EmbeddedBackend
  /** Starts the worker and the connector; resolves when it reads. @throws when it does not within a minute */
  start(): Promise<void>
  /** Ends both, and drops the slot. */
  remove(): Promise<void>
}

export const connecting = async (
  servers: CapturedServers,
  { say, signal }: Running,
  {
    service,
    exactlyOnce,
    pollIntervalMs,
  }: { readonly service: string; readonly exactlyOnce: boolean; readonly pollIntervalMs: number },
): Promise<Connecting> => {
  const { dataDir, kafkaBrokers, postgresUrl } = servers
  const [port = 0] = await freePorts(1)
  const logFile = join(dataDir, 'logs', 'connect.log')
  const worker = connectOn({ dataDir, port, kafkaBrokers, logFile, exactlyOnce, env: process.env, log: say, signal })
  const rest = connectRest(`http://${loopback}:${port}`)
  const name = connectorNameOf(service)
  const config = outboxConnector({ service, url: captureUrl(postgresUrl, service, password) }, { exactlyOnce, pollIntervalMs })
  return {
    worker,
    start: async () => {
      await worker.start()
      await rest.put(name, config)
      const isActive = 'SELECT FROM pg_replication_slots WHERE slot_name = $1 AND active'
      const client = await connectTo(postgresUrl)
      const giveUpAt = performance.now() + connectorMsMax
      while (!(await client.query(isActive, [slotNameOf(service)])).rowCount)
        if (performance.now() > giveUpAt)
          throw new Error(`the connector does not read: ${JSON.stringify(await rest.status(name))}`)
      await client.end()
    },
    remove: async () => {
      if (worker.processId() !== undefined) await rest.remove(name).catch(() => {})
      await worker.stop()
      const client = await connectTo(postgresUrl)
      const drop = 'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1 AND NOT active'
      await client.query(drop, [slotNameOf(service)])
      await client.end()
    },
  }
}

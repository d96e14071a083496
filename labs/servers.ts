/** The servers of an experiment: Kafka and PostgreSQL, started for it and gone with it. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBackends } from '@shop/infra/embedded'

export interface Addresses {
  readonly brokers: readonly string[]
  /** Of the superuser. */
  readonly postgresUrl: string
}

/** A folder for servers' data. */
export const temporaryFolder = (): { readonly dataDir: string; remove(): void } => {
  const dataDir = mkdtempSync(join(tmpdir(), 'shop-lab-'))
  chmodSync(dataDir, 0o711) // for root: PostgreSQL runs as another account then
  return { dataDir, remove: () => rmSync(dataDir, { recursive: true, force: true }) }
}

/**
 * Runs `act` on a broker and a database of its own, never on those that the environment names: sessions are shorter here than a broker
 * allows by default. @throws as soon as the signal is aborted, too; the servers are stopped by then, and their folder gone.
 */
export const onServers = async <T>(
  { say, signal }: { readonly say: (line: string) => void; readonly signal: AbortSignal },
  act: (addresses: Addresses) => Promise<T>,
): Promise<T> => {
  const folder = temporaryFolder()
  const { KAFKA_BROKERS: _, POSTGRES_URL: __, MONGO_URL: ___, ...env } = process.env
  try {
    const backends = await startBackends({ dataDir: folder.dataDir, ports: 'free', log: say, env, signal })
    try {
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      })
      return await Promise.race([act({ brokers: backends.kafkaBrokers.split(','), postgresUrl: backends.postgresUrl }), aborted])
    } finally {
      await backends.stop()
    }
  } finally {
    folder.remove()
  }
}

/** Vitest's global set-up for suites on real servers: starts them once, on free ports; servers named in the environment are used instead. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBackends } from './backends.ts'

export default async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'shop-backends-'))
  chmodSync(dataDir, 0o711) // for root: PostgreSQL runs as another account then
  const backends = await startBackends({ dataDir, ports: 'free', log: (line) => console.log(line) })
  // The test processes are started after this, and inherit it.
  process.env.KAFKA_BROKERS = backends.kafkaBrokers
  process.env.POSTGRES_URL = backends.postgresUrl
  process.env.MONGO_URL = backends.mongoUrl
  return async () => {
    await backends.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

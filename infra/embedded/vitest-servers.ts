/** Vitest's global set-ups for suites on real servers: each starts one, on a free port; a server named in the environment is used instead. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Backends, planBackends, startEmbedded } from './backends.ts'

const log = (line: string) => console.log(line)

const addresses = {
  kafka: ({ kafkaBrokers }: Backends) => (process.env.KAFKA_BROKERS = kafkaBrokers),
  rabbitmq: ({ brokerUrl }: Backends) => (process.env.RABBITMQ_URL = brokerUrl),
  postgres: ({ postgresUrl }: Backends) => (process.env.POSTGRES_URL = postgresUrl),
  mongo: ({ mongoUrl }: Backends) => (process.env.MONGO_URL = mongoUrl),
}

/** @returns a set-up that starts this server, and resolves with what stops it. */
export const server = (name: keyof typeof addresses) => async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'shop-backends-'))
  chmodSync(dataDir, 0o711) // for root: PostgreSQL runs as another account then
  const plan = await planBackends({ dataDir, ports: 'free', broker: name === 'rabbitmq' ? name : 'kafka' })
  await plan.check()
  const backends = plan.make(log)
  const stop = async () => {
    await backends.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
  const wanted = name === 'postgres' || name === 'mongo' ? backends[name] : backends.broker
  const embedded = backends.embedded.filter((backend) => backend === wanted)
  await startEmbedded({ ...backends, embedded }, log).catch(async (error) => {
    await stop()
    throw error
  })
  // The test processes are started after this, and inherit it.
  addresses[name](backends)
  return stop
}

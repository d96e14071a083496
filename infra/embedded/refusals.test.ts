import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { planBackends } from './backends.ts'
import { freePorts, loopback } from './ports.ts'
import { startShop } from './shop.ts'
import { temporaryFolder } from './testing/temporary-folder.ts'

const takePort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, loopback, resolve))
  onTestFinished(() => void server.close())
  return (server.address() as { port: number }).port
}

/** A folder of programs for the PATH. */
const programs = (scripts: Record<string, string>) => {
  const dir = temporaryFolder()
  mkdirSync(join(dir, 'bin'))
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(dir, 'bin', name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(dir, 'bin', name), 0o755)
  }
  return join(dir, 'bin')
}

const check = async (env: NodeJS.ProcessEnv, more = {}) =>
  (await planBackends({ dataDir: '/nowhere', ports: 'free', env, ...more })).check()

test('a taken port is named with the setting that changes it', async () => {
  const [taken, [postgres, mongo, kafkaController]] = [await takePort(), (await freePorts(3)) as [number, number, number]]
  const plan = await planBackends({ dataDir: '/nowhere', ports: { kafka: taken, postgres, mongo, kafkaController } })
  await expect(plan.check()).rejects.toThrow(
    `port ${taken} (Kafka) is taken by another program: end it, or choose another port with KAFKA_PORT=…`,
  )
})

test('a port setting that is no port is named', async () => {
  await expect(planBackends({ dataDir: '/nowhere', env: { MONGO_PORT: '2701x' } })).rejects.toThrow(
    "MONGO_PORT must be a port number from 1 to 65535, not '2701x'",
  )
})

test('Java: none, too old, or one that does not run', async () => {
  await expect(check({ PATH: '' })).rejects.toThrow('Java 17 or newer is needed for Kafka, and none was found')
  await expect(check({ PATH: programs({ java: `echo 'openjdk version "11.0.2"' >&2` }) })).rejects.toThrow(
    'is Java 11, Kafka needs 17 or newer',
  )
  await expect(check({ PATH: programs({ java: `echo 'java version "1.8.0_402"' >&2` }) })).rejects.toThrow(
    'is Java 8, Kafka needs 17',
  )
  await expect(check({ PATH: programs({ java: 'exit 1' }) })).rejects.toThrow('does not run')
})

test('Maven is asked for as long as the jars are not there', async () => {
  const path = programs({ java: `echo 'openjdk version "21-ea"' >&2` })
  await expect(check({ PATH: path }, { jarsDir: join(temporaryFolder(), 'jars') })).rejects.toThrow(
    "Maven is needed once, to fetch Kafka, and 'mvn' is not on the PATH",
  )
})

test('servers of the environment are used instead, without Java, if they answer', async () => {
  const [port, [closed]] = [await takePort(), (await freePorts(1)) as [number]]
  const env = {
    PATH: '',
    KAFKA_BROKERS: `localhost:${port},other:1`,
    POSTGRES_URL: `postgres://me:secret@127.0.0.1:${port}/postgres`,
    MONGO_URL: `mongodb://127.0.0.1:${port}/?w=1`,
  }
  const plan = await planBackends({ dataDir: '/nowhere', env })
  await plan.check()
  const backends = plan.make(() => {})
  expect(backends).toMatchObject({
    kafkaBrokers: env.KAFKA_BROKERS,
    postgresUrl: env.POSTGRES_URL,
    mongoUrl: env.MONGO_URL,
    embedded: [],
  })
  expect(() => backends.broker.pid()).toThrow('given by the environment')
  await expect(check({ ...env, MONGO_URL: `mongodb://127.0.0.1:${closed}` })).rejects.toThrow(
    `nobody answers at 127.0.0.1:${closed}, given by MONGO_URL`,
  )
})

test('a mongod on the PATH is preferred, so that no Java is needed beside an external Kafka', async () => {
  const path = programs({ mongod: 'exit 0' })
  await check({ PATH: path, KAFKA_BROKERS: `127.0.0.1:${await takePort()}` })
})

test('faults need the embedded servers', async () => {
  const env = { KAFKA_BROKERS: 'kafka.example:9092', POSTGRES_URL: 'postgres://db.example/postgres' }
  await expect(startShop({ dataDir: temporaryFolder(), faults: true, env })).rejects.toThrow(
    'faults need the embedded servers: unset KAFKA_BROKERS, POSTGRES_URL, or start without --faults',
  )
})

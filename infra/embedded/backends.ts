import { join } from 'node:path'
import { type Backend, type EmbeddedBackend, externalBackend } from './backend.ts'
import { type BrokerKind, brokerAddresses, brokerNames, ownBroker, wantedByBroker } from './broker.ts'
import { type Jars, prepareJars, requireMaven } from './jars.ts'
import { findJava, onPath } from './java.ts'
import type { KafkaListener } from './kafka.ts'
import { embeddedMongo, type MongoServer } from './mongo.ts'
import { accepts, type BackendPorts, freePorts, loopback, portSetting, requireFree, type WantedPort } from './ports.ts'
import { checkPostgres, embeddedPostgres } from './postgres.ts'
import { type Log, step } from './progress.ts'
import { requireRabbitmq } from './rabbitmq.ts'
import { StartRefusal } from './start-refusal.ts'

/** The repository's root. */
export const root = join(import.meta.dirname, '..', '..')

export interface BackendsOptions {
  /** the backends' data goes below this folder, their output to `logs/` in it */
  dataDir: string
  /**
   * Default: POSTGRES_PORT (5433), KAFKA_PORT (9092), KAFKA_CONTROLLER_PORT (9093), MONGO_PORT (27017) and RABBITMQ_PORT (5673), with the
   * two ports after it, of `env`. 'free' takes ports that are free now.
   */
  ports?: Partial<BackendPorts> | 'free'
  log?: Log
  /** default process.env. KAFKA_BROKERS, RABBITMQ_URL, POSTGRES_URL, MONGO_URL: these are used, and no such backend is started. */
  env?: NodeJS.ProcessEnv
  /** default `<repository>/.data/jars`, shared by all data folders */
  jarsDir?: string
  /** default kafka */
  broker?: BrokerKind
  /** further listeners of an embedded Kafka; default none */
  kafkaListeners?: readonly KafkaListener[]
  /** further settings of an embedded PostgreSQL; default none */
  postgresSettings?: Readonly<Record<string, string>>
  /** ends the start early: what was started is stopped, and the start rejects with its reason */
  signal?: AbortSignal
}

export interface Backends {
  /** host:port, separated by commas; '' with another broker */
  kafkaBrokers: string
  /** of a broker other than Kafka */
  brokerUrl?: string
  /** of the superuser, database postgres */
  postgresUrl: string
  mongoUrl: string
  /** whichever it is */
  broker: Backend
  postgres: Backend
  mongo: Backend
  /** those of the three that run here, in the order in which they are to be stopped */
  embedded: readonly EmbeddedBackend[]
  /** The broker first, then the databases. Resolves when all are gone. */
  stop(): Promise<void>
}

/**
 * Starts PostgreSQL, Kafka and MongoDB at once, on 127.0.0.1 only. What they store outlives them, also when they are killed.
 * @throws StartRefusal, before anything is started, for missing Java or Maven, a taken port, a broken data folder, an address in the
 * environment where nobody answers; Error with the end of its log when a backend does not start within 90 s. Nothing runs then.
 */
export const startBackends = async (options: BackendsOptions): Promise<Backends> => {
  const { log = () => {} } = options
  const plan = await planBackends(options)
  await plan.check()
  const backends = plan.make(log)
  try {
    await startEmbedded(backends, log)
    options.signal?.throwIfAborted()
    return backends
  } catch (error) {
    await backends.stop()
    throw error
  }
}

/** @throws what the first backend that did not start threw, once every other is decided too */
export const startEmbedded = async ({ embedded }: Pick<Backends, 'embedded'>, log: Log): Promise<void> => {
  // allSettled: none may still be starting when the caller stops them
  const starts = await Promise.allSettled(embedded.map((backend) => startWithProgress(backend, log)))
  for (const start of starts) if (start.status === 'rejected') throw start.reason
}

const startWithProgress = (backend: EmbeddedBackend, log: Log) =>
  step(
    log,
    `starting ${backend.name}`,
    () => backend.start(),
    () => `${backend.name} is ready on ${loopback}:${backend.port}, pid ${backend.pid()}`,
  )

export interface BackendsPlan {
  wantedPorts: readonly WantedPort[]
  /** Tells all that would keep the backends from starting, without changing anything. @throws StartRefusal */
  check(): Promise<void>
  make(log: Log): Backends
}

/** What would be started, and where. */
export const planBackends = async ({
  dataDir,
  ports,
  env = process.env,
  jarsDir = join(root, '.data', 'jars'),
  broker: kind = 'kafka',
  kafkaListeners = [],
  postgresSettings,
  signal,
}: BackendsOptions): Promise<BackendsPlan> => {
  const isKafka = kind === 'kafka'
  const given = { broker: isKafka ? env.KAFKA_BROKERS : env.RABBITMQ_URL, postgres: env.POSTGRES_URL, mongo: env.MONGO_URL }
  const port = await choosePorts(ports, env)
  const mongod = onPath('mongod', env)
  const needsJava = (isKafka && !given.broker) || (!given.mongo && !mongod)
  const wantedPorts: WantedPort[] = [
    ...(given.postgres ? [] : [{ port: port.postgres, name: 'PostgreSQL', setting: 'POSTGRES_PORT' }]),
    ...(given.broker ? [] : wantedByBroker(kind, port)),
    ...(given.mongo ? [] : [{ port: port.mongo, name: 'MongoDB', setting: 'MONGO_PORT' }]),
  ]
  return {
    wantedPorts,
    async check() {
      if (needsJava) {
        await findJava(env)
        requireMaven(jarsDir, env)
      }
      if (!given.postgres) await checkPostgres(dataDir)
      await requireFree(wantedPorts)
      if (!isKafka && !given.broker) requireRabbitmq(env)
      if (given.broker) await requireAnswer(isKafka ? 'KAFKA_BROKERS' : 'RABBITMQ_URL', given.broker, isKafka ? 9092 : 5672)
      if (given.postgres) await requireAnswer('POSTGRES_URL', given.postgres, 5432)
      if (given.mongo) await requireAnswer('MONGO_URL', given.mongo, 27017)
    },
    make(log) {
      const logFile = (name: string) => join(dataDir, 'logs', `${name}.log`)
      const folder = (name: string) => join(dataDir, name)
      const embedded: EmbeddedBackend[] = []
      const own = <Made extends EmbeddedBackend>(backend: Made) => {
        embedded.push(backend)
        return backend
      }
      let preparing: Promise<Jars & { java: string }> | undefined
      const javaAndJars = () =>
        (preparing ??= findJava(env).then(async (java) => ({
          java,
          ...(await prepareJars({ directory: jarsDir, java, env, log, signal })),
        })))
      const chooseMongo = async (kind = mongod ? ('mongod' as const) : ('java' as const)): Promise<MongoServer> => {
        if (kind === 'java') return javaAndJars().then(({ java, mongo }) => ({ kind, java, jars: mongo }))
        if (mongod) return { kind, program: mongod }
        throw new StartRefusal(
          `${folder('mongo')} was written by mongod, which is no longer on the PATH: put it back, or begin anew with 'npm start -- --fresh'`,
        )
      }
      const broker = given.broker
        ? externalBackend(brokerNames[kind], given.broker)
        : own(ownBroker(kind, { folder, port, listeners: kafkaListeners, logFile, javaAndJars, env }))
      const postgres = embeddedPostgres({
        folder: folder('postgres'),
        port: port.postgres,
        logFile: logFile('postgres'),
        password: env.SHOP_DB_PASSWORD || 'shop',
        settings: postgresSettings,
      })
      if (!given.postgres) own(postgres.backend)
      const mongo = given.mongo
        ? externalBackend('MongoDB', given.mongo)
        : own(embeddedMongo({ folder: folder('mongo'), port: port.mongo, logFile: logFile('mongo'), server: chooseMongo }))
      return {
        ...brokerAddresses(kind, given.broker, port),
        get postgresUrl() {
          return given.postgres ?? postgres.url()
        },
        mongoUrl: given.mongo ?? `mongodb://${loopback}:${port.mongo}`,
        broker,
        postgres: given.postgres ? externalBackend('PostgreSQL', given.postgres) : postgres.backend,
        mongo,
        embedded,
        stop: () => stopAll(embedded, broker),
      }
    },
  }
}

const stopAll = async (embedded: readonly EmbeddedBackend[], broker: Backend): Promise<void> => {
  const [first, ...others] = broker === embedded[0] ? embedded : [undefined, ...embedded]
  await first?.stop()
  await Promise.all(others.map((backend) => backend?.stop()))
}

const choosePorts = async (ports: BackendsOptions['ports'], env: NodeJS.ProcessEnv): Promise<BackendPorts> => {
  if (ports === 'free') {
    const [postgres = 0, kafka = 0, kafkaController = 0, mongo = 0, ...rabbitmq] = await freePorts(7)
    const [port = 0, rabbitmqDistribution = 0, rabbitmqMapper = 0] = rabbitmq
    return { postgres, kafka, kafkaController, mongo, rabbitmq: port, rabbitmqDistribution, rabbitmqMapper }
  }
  const rabbitmq = ports?.rabbitmq ?? portSetting(env, 'RABBITMQ_PORT', 5673)
  return {
    postgres: ports?.postgres ?? portSetting(env, 'POSTGRES_PORT', 5433),
    kafka: ports?.kafka ?? portSetting(env, 'KAFKA_PORT', 9092),
    kafkaController: ports?.kafkaController ?? portSetting(env, 'KAFKA_CONTROLLER_PORT', 9093),
    mongo: ports?.mongo ?? portSetting(env, 'MONGO_PORT', 27017),
    rabbitmq,
    rabbitmqDistribution: ports?.rabbitmqDistribution ?? rabbitmq + 1,
    rabbitmqMapper: ports?.rabbitmqMapper ?? rabbitmq + 2,
  }
}

/** The first host of a URL or of a list of host:port. */
const requireAnswer = async (setting: string, address: string, defaultPort: number) => {
  const [, host, port] = /^(?:[a-z+]+:\/\/)?(?:[^@/]*@)?(\[[^\]]+\]|[^:/,?]+)(?::(\d+))?/.exec(address) ?? []
  if (!host) throw new StartRefusal(`${setting} is no address: '${address}'`)
  if (address.startsWith('mongodb+srv:')) return // resolved through DNS by the driver
  if (await accepts(Number(port ?? defaultPort), host.replaceAll(/[[\]]/g, ''), 5_000)) return
  throw new StartRefusal(
    `nobody answers at ${host}:${port ?? defaultPort}, given by ${setting}: start that server, or unset ${setting} to use the embedded one`,
  )
}

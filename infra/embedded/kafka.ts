import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BackendDefinition, EmbeddedBackend } from './backend.ts'
import { initialiseOnce } from './data-folder.ts'
import { runGuarded } from './guarded-tool.ts'
import { accepts, loopback } from './ports.ts'

const formatTimeoutMs = 60_000
const logging = `-Dlog4j2.configurationFile=${join(import.meta.dirname, 'java', 'log4j2.xml')}`

/** A further address of the broker, which it tells to those who come in through it. */
export interface KafkaListener {
  /** upper case letters, digits and _ */
  readonly name: string
  readonly port: number
  /** where clients are told to connect: a proxy's */
  readonly advertisedPort: number
}

/** What one of several brokers knows of the others. */
export interface KafkaMembership {
  /** from 1 on: its place among the controllers */
  readonly id: number
  readonly clusterId: string
  /** the ports of all controllers, its own too */
  readonly controllerPorts: readonly number[]
}

export interface KafkaOptions {
  /** its data goes below this folder */
  folder: string
  port: number
  /** of the KRaft controller, which lives in the same process */
  controllerPort: number
  /** default none */
  listeners?: readonly KafkaListener[]
  /** default: it is alone */
  membership?: KafkaMembership
  logFile: string
  /** the Java program and the class path of Kafka; fetched when they are not there yet */
  javaAndJars: () => Promise<{ java: string; kafka: string }>
}

/** Apache Kafka as one KRaft node, broker and controller in one process. */
export const embeddedKafka = (options: KafkaOptions): EmbeddedBackend => {
  const { folder, port, logFile } = options
  const propertiesFile = join(folder, 'server.properties')
  const definition: BackendDefinition = {
    name: 'Kafka',
    port,
    startTimeoutMs: options.membership ? 180_000 : 90_000, // several start at once, and wait for each other
    stopTimeoutMs: 20_000,
    async prepare() {
      const { java, kafka: jars } = await options.javaAndJars()
      await initialiseOnce(
        'Kafka',
        folder,
        () => 'data/meta.properties',
        async () => {
          mkdirSync(join(folder, 'data'))
          writeFileSync(propertiesFile, propertiesOf(options))
          await formatStorage(java, jars, propertiesFile, options.membership?.clusterId ?? newClusterId())
          return {}
        },
      )
      writeFileSync(propertiesFile, propertiesOf(options)) // the ports may be others than last time
      return {
        name: 'Kafka',
        kind: 'backend',
        command: java,
        // the serial collector: on two cores its short pauses cost less than concurrent marking threads
        args: [
          '-Xms128m',
          '-Xmx512m',
          '-XX:+UseSerialGC',
          '-Djava.awt.headless=true',
          logging,
          '-cp',
          jars,
          'kafka.Kafka',
          propertiesFile,
        ],
        logFile,
      }
    },
    // The port opens before the broker may be used; this line comes once the controller has let it in.
    isReady: async () => existsSync(logFile) && readFileSync(logFile, 'utf8').includes('Kafka Server started') && accepts(port),
  }
  return new EmbeddedBackend(definition)
}

const propertiesOf = ({ folder, port, controllerPort, listeners = [], membership }: KafkaOptions): string => {
  const controllerPorts = membership?.controllerPorts ?? [controllerPort]
  const replicas = controllerPorts.length
  const further = (address: (l: KafkaListener) => string) => listeners.map((l) => `,${address(l)}`).join('')
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': membership?.id ?? 1,
    listeners: `PLAINTEXT://${loopback}:${port},CONTROLLER://${loopback}:${controllerPort}${further((l) => `${l.name}://${loopback}:${l.port}`)}`,
    'advertised.listeners': `PLAINTEXT://${loopback}:${port}${further((l) => `${l.name}://${loopback}:${l.advertisedPort}`)}`,
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.voters': controllerPorts.map((each, index) => `${index + 1}@${loopback}:${each}`).join(','),
    'listener.security.protocol.map': `CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT${further((l) => `${l.name}:PLAINTEXT`)}`,
    'log.dirs': join(folder, 'data'),
    'auto.create.topics.enable': false,
    // a broker alone has no replicas; few partitions of its internal topics, each of which is opened and recovered at a start
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    // a group that begins does not wait for further members; a member that was killed is noticed soon, if it asked for that
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1_000,
    // After kill -9 a new start must wait until the controller gives the former incarnation up: 9 s by default, measured 12 s to
    // start against 5 s with this. Not shorter: a machine under load must not have its only broker fenced for a late heartbeat.
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 500,
    'log.cleaner.dedupe.buffer.size': 16 * 1024 ** 2, // of a heap of 512 MB; the default is 128 MB
  }
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}

/** Without its highest bit: the text would begin with '-' once in 64 times, which Kafka's tool takes for an option. */
export const newClusterId = (): string => {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0] ?? 0) & 0x7f
  return bytes.toString('base64url')
}

const formatStorage = async (java: string, jars: string, propertiesFile: string, clusterId: string) => {
  const args = [
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    logging,
    '-cp',
    jars,
    'kafka.tools.StorageTool',
    'format',
    '-t',
    clusterId,
    '-c',
    propertiesFile,
  ]
  await runGuarded(java, args, { timeoutMs: formatTimeoutMs })
}

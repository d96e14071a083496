import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BackendDefinition, EmbeddedBackend } from './backend.ts'
import { loopback } from './ports.ts'

const logging = `-Dlog4j2.configurationFile=${join(import.meta.dirname, 'java', 'log4j2.xml')}`
const heapMb = 256

export interface ConnectWorkerOptions {
  /** its settings go into this folder; what it knows is in the broker's topics */
  readonly folder: string
  /** of its REST API */
  readonly port: number
  readonly kafkaBrokers: string
  readonly logFile: string
  /** connectors write in transactions of Kafka, their offsets in them: nothing comes twice, everything later; default false */
  readonly exactlyOnce?: boolean
  /** the Java program and the class path of Kafka Connect; fetched when they are not there yet */
  readonly javaAndJars: () => Promise<{ readonly java: string; readonly connect: string }>
}

/** A worker of Kafka Connect in distributed mode, which alone can write exactly once; it is the only one of its group. */
export const connectWorker = (options: ConnectWorkerOptions): EmbeddedBackend => {
  const { folder, port, logFile } = options
  const propertiesFile = join(folder, 'worker.properties')
  const definition: BackendDefinition = {
    name: 'Kafka Connect',
    port,
    startTimeoutMs: 90_000,
    stopTimeoutMs: 20_000,
    async prepare() {
      const { java, connect } = await options.javaAndJars()
      mkdirSync(folder, { recursive: true })
      writeFileSync(propertiesFile, propertiesOf(options))
      return {
        name: 'Kafka Connect',
        kind: 'backend',
        command: java,
        args: [
          '-Xms64m',
          `-Xmx${heapMb}m`,
          '-XX:+UseSerialGC',
          '-Djava.awt.headless=true',
          // Debezium reads logical messages in the platform's encoding, which Java 17 takes from the locale.
          '-Dfile.encoding=UTF-8',
          logging,
          '-cp',
          connect,
          'org.apache.kafka.connect.cli.ConnectDistributed',
          propertiesFile,
        ],
        logFile,
      }
    },
    isReady: () => answers(`http://${loopback}:${port}/connectors`),
  }
  return new EmbeddedBackend(definition)
}

const propertiesOf = ({ port, kafkaBrokers, exactlyOnce = false }: ConnectWorkerOptions): string => {
  const converter = 'org.apache.kafka.connect.storage.StringConverter'
  const properties = {
    'bootstrap.servers': kafkaBrokers,
    'group.id': 'shop-connect',
    listeners: `http://${loopback}:${port}`,
    'key.converter': converter,
    'value.converter': converter,
    'config.storage.topic': 'shop.connect.configs',
    'offset.storage.topic': 'shop.connect.offsets',
    'status.storage.topic': 'shop.connect.status',
    // -1: the broker's default
    'config.storage.replication.factor': -1,
    'offset.storage.replication.factor': -1,
    'status.storage.replication.factor': -1,
    'offset.storage.partitions': 1,
    'status.storage.partitions': 1,
    'exactly.once.source.support': exactlyOnce ? 'enabled' : 'disabled',
    'offset.flush.interval.ms': 1_000,
    // It is alone: nobody is to wait for a worker that was killed, and it is noticed soon.
    'scheduled.rebalance.max.delay.ms': 0,
    'session.timeout.ms': 6_000,
    'heartbeat.interval.ms': 1_500,
    'plugin.discovery': 'service_load',
  }
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}

/** Not before it has read its topics: until then /connectors answers late or with 503. */
const answers = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}

import { join } from 'node:path'
import type { EmbeddedBackend } from './backend.ts'
import { root } from './backends.ts'
import { prepareJars } from './jars.ts'
import { findJava } from './java.ts'
import { embeddedKafka, newClusterId } from './kafka.ts'
import { freePorts, loopback } from './ports.ts'
import { type Log, step } from './progress.ts'

export interface KafkaCluster {
  /** host:port of each broker */
  readonly addresses: readonly string[]
  /** the broker with this node id, from 1 on. @throws when there is none */
  broker(nodeId: number): EmbeddedBackend
  stop(): Promise<void>
}

export interface KafkaClusterOptions {
  /** the brokers' data goes below this folder */
  readonly dataDir: string
  /** brokers, each of which is a controller too; default 3 */
  readonly size?: number
  readonly log?: Log
  readonly env?: NodeJS.ProcessEnv
  readonly signal?: AbortSignal
}

/**
 * Starts several brokers that replicate to each other, on free ports of 127.0.0.1: for what one broker alone cannot show.
 * @throws StartRefusal for missing Java or Maven; Error when a broker does not start. Nothing runs then.
 */
export const startKafkaCluster = async (options: KafkaClusterOptions): Promise<KafkaCluster> => {
  const { dataDir, size = 3, log = () => {}, env = process.env, signal } = options
  const java = await findJava(env)
  const { kafka } = await prepareJars({ directory: join(root, '.data', 'jars'), java, env, log, signal })
  const ports = await freePorts(2 * size)
  const [brokerPorts, controllerPorts] = [ports.slice(0, size), ports.slice(size)]
  const clusterId = newClusterId()
  const brokers = brokerPorts.map((port, index) =>
    embeddedKafka({
      folder: join(dataDir, `kafka-${index + 1}`),
      port,
      controllerPort: controllerPorts[index] as number,
      membership: { id: index + 1, clusterId, controllerPorts },
      logFile: join(dataDir, 'logs', `kafka-${index + 1}.log`),
      javaAndJars: async () => ({ java, kafka }),
    }),
  )
  const stop = async () => {
    await Promise.all(brokers.map((broker) => broker.stop()))
  }
  try {
    // None gets ready before a majority of them is there. allSettled: none may still be starting when it is stopped.
    const starts = await step(log, `starting ${size} brokers of Kafka`, () => Promise.allSettled(brokers.map((b) => b.start())))
    for (const start of starts) if (start.status === 'rejected') throw start.reason
    signal?.throwIfAborted()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    addresses: brokerPorts.map((port) => `${loopback}:${port}`),
    broker: (nodeId) => {
      const found = brokers[nodeId - 1]
      if (found === undefined) throw new Error(`there is no broker ${nodeId}`)
      return found
    },
    stop,
  }
}

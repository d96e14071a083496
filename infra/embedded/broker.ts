/** What the services talk through: Kafka, or RabbitMQ. */
import type { EmbeddedBackend } from './backend.ts'
import { embeddedKafka, type KafkaOptions } from './kafka.ts'
import { type BackendPorts, loopback, type WantedPort } from './ports.ts'
import { embeddedRabbitmq } from './rabbitmq.ts'

export const brokerKinds = ['kafka', 'rabbitmq'] as const
export type BrokerKind = (typeof brokerKinds)[number]

export const brokerNames: Readonly<Record<BrokerKind, string>> = { kafka: 'Kafka', rabbitmq: 'RabbitMQ' }

interface BrokerOptions extends Pick<KafkaOptions, 'listeners' | 'javaAndJars'> {
  readonly folder: (name: string) => string
  readonly logFile: (name: string) => string
  readonly port: BackendPorts
  readonly env: NodeJS.ProcessEnv
}

export const ownBroker = (kind: BrokerKind, { folder, logFile, port, env, ...kafka }: BrokerOptions): EmbeddedBackend => {
  const at = { folder: folder(kind), logFile: logFile(kind) }
  if (kind === 'kafka') return embeddedKafka({ ...at, ...kafka, port: port.kafka, controllerPort: port.kafkaController })
  const { rabbitmq, rabbitmqDistribution, rabbitmqMapper } = port
  return embeddedRabbitmq({ ...at, env, port: rabbitmq, distributionPort: rabbitmqDistribution, mapperPort: rabbitmqMapper })
}

export const wantedByBroker = (kind: BrokerKind, port: BackendPorts): WantedPort[] =>
  kind === 'kafka'
    ? [
        { port: port.kafka, name: 'Kafka', setting: 'KAFKA_PORT' },
        { port: port.kafkaController, name: "Kafka's controller", setting: 'KAFKA_CONTROLLER_PORT' },
      ]
    : [port.rabbitmq, port.rabbitmqDistribution, port.rabbitmqMapper].map((each) => ({
        port: each,
        name: 'RabbitMQ, which takes three in a row',
        setting: 'RABBITMQ_PORT',
      }))

/** @param given the address that the environment names */
export const brokerAddresses = (kind: BrokerKind, given: string | undefined, port: BackendPorts) =>
  kind === 'kafka'
    ? { kafkaBrokers: given ?? `${loopback}:${port.kafka}` }
    : { kafkaBrokers: '', brokerUrl: given ?? `amqp://guest:guest@${loopback}:${port.rabbitmq}` }

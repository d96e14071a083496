import type { Log, SubscribeOptions, Subscription, Transport } from '@shop/messaging'
import type { ConsumerSettings, KafkaTransport } from '@shop/transport-kafka'
import type { RabbitTransport } from '@shop/transport-rabbitmq'

export interface BrokerOptions {
  /** Kafka's addresses `host:port`, or RabbitMQ's URLs `amqp://…`. */
  readonly brokers: readonly string[]
  readonly clientId: string
  /** Default: nothing is logged. */
  readonly log?: Log
}

/** True for addresses of RabbitMQ. */
export const isRabbit = (brokers: readonly string[]): boolean => brokers.some((address) => /^amqps?:\/\//.test(address))

/** For people, without passwords: `Kafka at kafka:9092`. */
export const brokersText = (brokers: readonly string[]): string =>
  isRabbit(brokers) ? `RabbitMQ at ${brokers.map((address) => new URL(address).host).join(',')}` : `Kafka at ${brokers.join(',')}`

/** The driver for these addresses. It alone is loaded, with what it depends on. Connects to nothing by itself. */
export const transportTo = async ({ brokers, ...rest }: BrokerOptions): Promise<Transport> =>
  isRabbit(brokers)
    ? rabbitAt({ brokers, ...rest })
    : (await import('@shop/transport-kafka')).kafkaTransport({ brokers, ...rest })

/** The same, with what RabbitMQ alone can be asked. */
export const rabbitAt = async ({ brokers, ...rest }: BrokerOptions): Promise<RabbitTransport> =>
  (await import('@shop/transport-rabbitmq')).rabbitTransport({ urls: brokers, ...rest })

export interface FollowOptions extends SubscribeOptions {
  /** Where the follower has been on a topic: it goes on behind it. Asked where the broker does not keep that itself. */
  readonly after: (topic: string) => string | undefined
  /** How it is to be fetched from Kafka. */
  readonly kafka?: ConsumerSettings
}

/** True where who only watches has no group on the broker. */
export const followsStreams = (transport: Transport): transport is RabbitTransport => 'follow' in transport

/**
 * Handles all records of many topics for somebody who only watches. With Kafka as a group of its own; RabbitMQ would need a queue of its own
 * for each sequence of each topic, so there it reads the topics' streams.
 */
export const followTopics = (transport: Transport, { after, kafka = {}, ...options }: FollowOptions): Subscription =>
  followsStreams(transport)
    ? transport.follow({ ...options, after })
    : (transport as KafkaTransport).subscribe({ ...options, ...kafka })

import type { Log, ReadOptions, SubscribeOptions, Subscription, Transport } from '@shop/messaging/driver'
import { type KafkaAdmin, kafkaAdmin } from './admin.ts'
import { type ClientOptions, kafkaClient } from './client.ts'
import { type ConsumerSettings, consume } from './consumer.ts'
import { kafkaPosition } from './position.ts'
import { kafkaPublisher, type PublisherSettings } from './publisher.ts'
import { readTopics } from './reader.ts'

/** The port, and what can be set and asked with this broker beyond it. */
export interface KafkaTransport extends Transport {
  publisher(settings?: PublisherSettings): ReturnType<Transport['publisher']>
  subscribe(options: SubscribeOptions & ConsumerSettings): Subscription
  admin(): KafkaAdmin
}

export type KafkaOptions = Omit<ClientOptions, 'log'> & {
  /** Default: nothing is logged. */
  readonly log?: Log
}

const nothing = () => {}
const quiet: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/** Kafka as one process sees it. Connects to nothing by itself. */
export const kafkaTransport = ({ log = quiet, ...options }: KafkaOptions): KafkaTransport => {
  const client = () => kafkaClient({ ...options, log })
  return {
    publisher: (settings) => kafkaPublisher({ kafka: client(), log, ...settings }),
    subscribe: (consumer) => consume({ kafka: client(), log, ...consumer }),
    read: (reading: ReadOptions) => readTopics(client(), options.clientId, reading),
    admin: () => kafkaAdmin(client()),
    describe: describePosition,
  }
}

const describePosition = (position: string) => {
  const { partition, offset } = kafkaPosition(position)
  return { partition: String(partition), offset }
}

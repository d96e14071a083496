import type { Log, SubscribeOptions, Subscription, Transport } from '@shop/messaging/driver'
import { type RabbitAdmin, rabbitAdmin } from './admin.ts'
import { openConnection } from './connection.ts'
import { type ConsumerSettings, consume } from './consumer.ts'
import { type FollowOptions, followStreams } from './follow.ts'
import { type PublisherSettings, rabbitPublisher } from './publisher.ts'
import { readTopics } from './reader.ts'

/** The port, and what can be set and asked with this broker beyond it. */
export interface RabbitTransport extends Transport {
  publisher(settings?: PublisherSettings): ReturnType<Transport['publisher']>
  subscribe(options: SubscribeOptions & ConsumerSettings): Subscription
  admin(): RabbitAdmin
  /** Handles what the topics' streams have, like a member of a group that has no other; nothing of it is kept on the broker. */
  follow(options: FollowOptions): Subscription
}

export interface RabbitOptions {
  /** `amqp://user:password@host:port/vhost`; several are tried one after the other. */
  readonly urls: readonly string[]
  readonly clientId: string
  /** Default: nothing is logged. */
  readonly log?: Log
}

const nothing = () => {}
const quiet: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/** RabbitMQ as one process sees it. Connects to nothing by itself, and needs no plugin. */
export const rabbitTransport = ({ urls, clientId, log = quiet }: RabbitOptions): RabbitTransport => {
  const open = () => openConnection({ urls, clientId })
  return {
    publisher: (settings) => rabbitPublisher({ open, log, ...settings }),
    subscribe: (options) => consume({ open, admin: rabbitAdmin(open), log, ...options }),
    read: (options) => readTopics(open, options),
    admin: () => rabbitAdmin(open),
    follow: (options) => followStreams(open, log, options),
    describe: describePosition,
  }
}

/** In the words of Kafka, whose form the position has: what shows a partition and an offset shows these. */
const describePosition = (position: string) => {
  const [partition = '', offset = ''] = position.split('/')
  return { partition, offset }
}

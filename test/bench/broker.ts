import { isRabbit, rabbitAt } from '@shop/broker'
import type { Transport } from '@shop/messaging'
import { type KafkaOptions, kafkaTransport } from '@shop/transport-kafka'

/** Kafka's addresses, or RabbitMQ's. */
export type BrokerAddress = Pick<KafkaOptions, 'brokers' | 'route'>

export const benchTransport = async (at: BrokerAddress): Promise<Transport> =>
  isRabbit(at.brokers) ? rabbitAt({ brokers: at.brokers, clientId: 'bench' }) : kafkaTransport({ ...at, clientId: 'bench' })

/** The settings in force on which it depends that what was acknowledged is not lost. */
export const brokerDurability = async (at: BrokerAddress, topic: string): Promise<string> => {
  // The kit has no other ways to publish.
  if (isRabbit(at.brokers))
    return 'RabbitMQ publisher confirms of a stream (page cache) and of quorum queues (fsync), persistent messages'
  const admin = kafkaTransport({ ...at, clientId: 'bench' }).admin()
  try {
    const { replicationFactor, settings } = await admin.keptBy(topic, ['min.insync.replicas', 'flush.messages'])
    const configs = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
    // An acknowledged record is in the page cache of every in-sync replica.
    return `Kafka acks=all, idempotent producer, replication factor ${replicationFactor}, ${configs.join(' ')}`
  } finally {
    await admin.close()
  }
}

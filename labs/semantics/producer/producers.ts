/** Producers, from the most careless to the kit's own. */
import type { OutgoingRecord } from '@shop/messaging'
import { kafkaClient, kafkaTransport } from '@shop/transport-kafka'
import { type Message, Partitioners, type Producer } from 'kafkajs'

type Client = Parameters<typeof kafkaClient>[0]

export interface Sender {
  /**
   * Sends records of one topic; resolves when the producer takes them for sent.
   * @param answered with acks 0: waits for the leader's answer nevertheless, and so for all that went before on its connection
   */
  send(records: readonly OutgoingRecord[], answered?: boolean): Promise<void>
  close(): Promise<void>
}

const nothing = () => {}
const quiet = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/** How kafkajs is set. */
export interface RawSettings {
  /** How many replicas the producer waits for: -1 for all in-sync ones. */
  readonly acks: -1 | 0 | 1
  /** Default false. */
  readonly idempotent?: boolean
}

export const rawSender = async (client: Omit<Client, 'log'>, { acks, idempotent = false }: RawSettings): Promise<Sender> => {
  const producer: Producer = kafkaClient({ ...client, log: quiet }).producer({
    idempotent,
    ...(idempotent ? { maxInFlightRequests: 1 } : {}),
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: { retries: 10, initialRetryTime: 100, maxRetryTime: 1_000 },
  })
  await producer.connect()
  return {
    send: async (records, answered = false) => {
      const topic = records[0]?.topic ?? ''
      await producer.send({ topic, acks: answered && acks === 0 ? 1 : acks, timeout: 2_000, messages: records.map(messageOf) })
    },
    close: () => producer.disconnect(),
  }
}

const messageOf = ({ key, value, headers }: OutgoingRecord): Message => ({ key, value, headers: { ...headers } })

export const kitSender = async (client: Omit<Client, 'log'>): Promise<Sender> => {
  const publisher = kafkaTransport(client).publisher()
  return { send: (records) => publisher.publish(records), close: () => publisher.close() }
}

import { randomUUID } from 'node:crypto'
import type { ConsumedRecord, Log, OutgoingRecord, Publisher, Subscription } from '@shop/messaging/driver'
import { onTestFinished } from 'vitest'
import { type ConsumeOptions, consume } from '../consumer.ts'
import { kafkaPublisher } from '../publisher.ts'
import { readTopics } from '../reader.ts'
import { client, keptLog, newName, newTopic } from './broker.ts'

/** A consumer that is stopped with its test. Fatal errors are kept in the log. */
export const testConsumer = (
  options: Pick<ConsumeOptions, 'topics' | 'handle'> & Partial<ConsumeOptions> & { readonly log?: Log },
): Subscription => {
  const log = options.log ?? keptLog()
  const subscription = consume({
    kafka: client(log),
    groupId: newName('group'),
    onFatal: (err) => log.error({ err }, 'fatal'),
    ...options,
    log,
  })
  onTestFinished(() => subscription.stop())
  return subscription
}

export const testPublisher = (log: Log = keptLog(), kafka = client(log)): Publisher => {
  const publisher = kafkaPublisher({ kafka, log })
  onTestFinished(() => publisher.close())
  return publisher
}

export const record = (topic: string, key: string | null, value: string): OutgoingRecord => ({
  topic,
  key,
  value,
  headers: { ce_id: randomUUID() },
})

/** Everything that is on the topic now, per partition in order. */
export const readAll = async (topic: string): Promise<readonly ConsumedRecord[]> => {
  const read: ConsumedRecord[] = []
  await readTopics(client(), 'test', { topics: [topic], until: 'end', onRecords: (records) => void read.push(...records) }).ended
  return read
}

/** Per key the values in the order of their first occurrences. */
export const firstOccurrences = (records: readonly ConsumedRecord[]): ReadonlyMap<string, readonly string[]> => {
  const perKey = new Map<string, Set<string>>()
  for (const { key, value } of records) {
    const values = perKey.get(key ?? '') ?? new Set<string>()
    perKey.set(key ?? '', values.add(String(value)))
  }
  return new Map([...perKey].map(([key, values]) => [key, [...values]]))
}

/** A new topic with `count` records of 30 keys, numbered from 0. */
export const filledTopic = async (count: number, partitions = 6): Promise<string> => {
  const topic = await newTopic(partitions)
  await testPublisher().publish(Array.from({ length: count }, (_, n) => record(topic, `k${n % 30}`, String(n))))
  return topic
}

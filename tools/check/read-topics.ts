import { randomUUID } from 'node:crypto'
import { allTopics, catalogueFor, deadLetterTopic, serviceNames, subscriptionsOf } from '@shop/choreography'
import { type Catalogue, decode } from '@shop/messaging'
import { kafkaClient } from '@shop/transport-kafka'
import type { Admin, Batch, Kafka, KafkaMessage } from 'kafkajs'
import type { OrderFiles } from './order-files.ts'
import type { Progress } from './progress.ts'
import type { Settings } from './settings.ts'
import { type DeadLetter, placeOf, type Topics, type Undecodable } from './snapshot.ts'
import { orUnreadable } from './unreadable.ts'

/** Nothing came from any partition for so long: the broker is away. */
const silenceMsMax = 30_000
const bytesPerPartitionMax = 1 << 20

/** Each partition that has records, and where it ends now: what comes later is not read. */
interface Extent {
  readonly low: number
  readonly high: number
}
type Extents = ReadonlyMap<string, Extent>

const partitionOf = (topic: string, partition: number) => `${topic}/${partition}`

const extentsOf = async (admin: Admin, topics: readonly string[]): Promise<Extents> => {
  const extents = new Map<string, Extent>()
  for (const topic of topics)
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic))
      extents.set(partitionOf(topic, partition), { low: Number(low), high: Number(high) })
  return extents
}

/** Everyone's catalogue: a record that it decodes is decoded by each of its consumers. */
const everyones = (): Catalogue => {
  const any = catalogueFor('order')
  const known = new Map<string, ReturnType<Catalogue['lookup']>>()
  const lookup: Catalogue['lookup'] = (ceType) => {
    const entry = known.get(ceType) ?? any.lookup(ceType)
    const consumed = entry && { ...entry, consumed: true }
    known.set(ceType, consumed)
    return consumed
  }
  return { ...any, lookup }
}

const headersOf = ({ headers = {} }: KafkaMessage): Record<string, string> => {
  const texts: Record<string, string> = {}
  for (const [name, header] of Object.entries(headers)) {
    const last = Array.isArray(header) ? header.at(-1) : header
    if (last !== undefined) texts[name] = last.toString()
  }
  return texts
}

/** Takes the records of the event topics and of the dead-letter topics, per partition in offset order. */
const collector = (add: OrderFiles['add'], extents: Extents) => {
  const catalogue = everyones()
  const catalogues = serviceNames.map((name) => ({ name, topics: subscriptionsOf(name), catalogue: catalogueFor(name) }))
  const consumerOf = new Map(catalogues.flatMap((c) => c.topics.map((t) => [deadLetterTopic(t, c.name), c.name] as const)))
  const deadLetters: DeadLetter[] = []
  const undecodable: Undecodable[] = []
  let recordCount = 0
  let since: string | undefined

  const takeDeadLetter = (consumer: string, message: KafkaMessage): void => {
    const headers = headersOf(message)
    const [topic = '', partition = '', offset = ''] = ['topic', 'partition', 'offset'].map(
      (part) => headers[`dead-letter-${part}`],
    )
    deadLetters.push({ consumer, eventId: headers.ce_id, origin: placeOf(topic, partition, offset) })
  }

  const takeEvent = (topic: string, partition: number, message: KafkaMessage): void => {
    recordCount++
    const record = { key: message.key?.toString() ?? null, value: message.value, headers: headersOf(message) }
    const decoded = decode(record, catalogue)
    if (decoded.kind === 'message') {
      const { key, id, type, at, correlationId, causationId, data } = decoded.message
      const offset = Number(message.offset)
      add(key, 'record', { topic, partition, offset, id, type, at, correlationId, causationId, data: withoutAddress(data) })
      return
    }
    const consumers = catalogues
      .filter((c) => c.topics.includes(topic) && decode(record, c.catalogue).kind === 'undecodable')
      .map((c) => c.name)
    const reason = decoded.kind === 'undecodable' ? decoded.reason : 'it cannot be decoded'
    undecodable.push({ place: placeOf(topic, partition, message.offset), reason, consumers })
  }

  return {
    take: (topic: string, partition: number, message: KafkaMessage): void => {
      const consumer = consumerOf.get(topic)
      if (consumer !== undefined) {
        takeDeadLetter(consumer, message)
        return
      }
      const { low = 0 } = extents.get(partitionOf(topic, partition)) ?? {}
      if (low > 0 && Number(message.offset) === low) {
        // Older ones are gone. The latest such time holds for all partitions.
        const at = new Date(Number(message.timestamp)).toISOString()
        if (since === undefined || at > since) since = at
      }
      takeEvent(topic, partition, message)
    },
    topics: (): Topics => ({ recordCount, deadLetters, undecodable, since: sinceAll(extents, since) }),
  }
}

/** When a partition has lost all its records, nothing is known of what was before now. */
const sinceAll = (extents: Extents, since: string | undefined): string | undefined =>
  [...extents].some(([name, { low, high }]) => low > 0 && low === high && !name.includes('.dead-letter/'))
    ? new Date().toISOString()
    : since

/** The longest part of the data, which nothing here compares. */
const withoutAddress = (data: unknown): unknown => {
  if (typeof data !== 'object' || data === null || !('shippingAddress' in data)) return data
  const { shippingAddress: _, ...rest } = data
  return rest
}

/**
 * Reads everything from the beginning to where each partition ends now, as a consumer group of its own that is deleted afterwards:
 * kafkajs cannot read without one. It commits nothing and the services' groups do not notice.
 */
const readAll = async (
  kafka: Kafka,
  groupId: string,
  extents: Extents,
  take: ReturnType<typeof collector>['take'],
  progress: Progress,
) => {
  const missing = new Map([...extents].filter(([, { low, high }]) => high > low).map(([name, { high }]) => [name, high]))
  if (missing.size === 0) return
  const topics = [...new Set([...missing.keys()].map((name) => name.slice(0, name.lastIndexOf('/'))))]
  const consumer = kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 100,
    minBytes: 1,
    maxBytesPerPartition: bytesPerPartitionMax,
    maxBytes: 16 * bytesPerPartitionMax,
    sessionTimeout: 30_000,
    retry: { retries: 5, restartOnFailure: async () => false },
  })
  const ended = Promise.withResolvers<void>()
  let heardAt = Date.now()
  const watchdog = setInterval(() => {
    if (Date.now() - heardAt > silenceMsMax) ended.reject(new Error(`no more records came for ${silenceMsMax / 1_000} s`))
  }, 1_000)
  consumer.on(consumer.events.CRASH, ({ payload }) => ended.reject(payload.error))

  const takeBatch = (batch: Batch): void => {
    const name = partitionOf(batch.topic, batch.partition)
    const high = missing.get(name)
    heardAt = Date.now()
    if (high === undefined) return
    for (const message of batch.messages) if (Number(message.offset) < high) take(batch.topic, batch.partition, message)
    progress.count('records of the topics', batch.messages)
    if (Number(batch.lastOffset()) + 1 >= high) missing.delete(name)
    if (missing.size === 0) ended.resolve()
  }
  try {
    await consumer.connect()
    await consumer.subscribe({ topics, fromBeginning: true })
    await consumer.run({ autoCommit: false, partitionsConsumedConcurrently: 1, eachBatch: async ({ batch }) => takeBatch(batch) })
    await ended.promise
  } finally {
    clearInterval(watchdog)
    await consumer.disconnect()
  }
}

export const quietKafka = ({ brokers }: Settings): Kafka => {
  const nothing = () => {}
  return kafkaClient({ brokers, clientId: 'check', log: { debug: nothing, info: nothing, warn: nothing, error: nothing } })
}

export const readTopics = (settings: Settings, add: OrderFiles['add'], progress: Progress): Promise<Topics> =>
  orUnreadable(
    `Kafka at ${settings.brokers.join(',')}`,
    'is it running, and were the topics created (npm start does both)?',
    async () => {
      const kafka = quietKafka(settings)
      const admin = kafka.admin()
      const groupId = `check-${randomUUID()}`
      try {
        await admin.connect()
        const { events, deadLetters } = allTopics()
        const extents = await extentsOf(admin, [...events, ...deadLetters])
        const { take, topics } = collector(add, extents)
        await readAll(kafka, groupId, extents, take, progress)
        return topics()
      } finally {
        // Without members it would also expire by itself.
        await admin.deleteGroups([groupId]).catch(() => {})
        await admin.disconnect()
      }
    },
  )

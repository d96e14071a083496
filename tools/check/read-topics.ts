import { brokersText, numbersOf, transportTo } from '@shop/broker'
import { allTopics, catalogueFor, deadLetterTopic, serviceNames, subscriptionsOf } from '@shop/choreography'
import { type Catalogue, type ConsumedRecord, decode, type Message, type Stretch, type Transport } from '@shop/messaging'
import type { OrderFiles } from './order-files.ts'
import type { Progress } from './progress.ts'
import type { Settings } from './settings.ts'
import { type DeadLetter, placeOf, type Topics, type Undecodable } from './snapshot.ts'
import { orUnreadable } from './unreadable.ts'

/** Everyone's catalogue, in which no field is ignored: a record that it decodes is decoded by each of its consumers. */
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

/** Takes the records of the event topics and of the dead-letter topics, per partition in their order. */
const collector = (add: OrderFiles['add'], stretches: readonly Stretch[]) => {
  const firstAfterRemoved = new Set(stretches.filter((s) => s.trimmed).map(({ topic, begin }) => `${topic}/${begin}`))
  const catalogue = everyones()
  const catalogues = serviceNames.map((name) => ({ name, topics: subscriptionsOf(name), catalogue: catalogueFor(name) }))
  const consumerOf = new Map(catalogues.flatMap((c) => c.topics.map((t) => [deadLetterTopic(t, c.name), c.name] as const)))
  const deadLetters: DeadLetter[] = []
  const undecodable: Undecodable[] = []
  let recordCount = 0
  let since: string | undefined

  const takeDeadLetter = (consumer: string, { headers }: ConsumedRecord): void => {
    const [topic = '', partition = '', offset = ''] = ['topic', 'partition', 'offset'].map(
      (part) => headers[`dead-letter-${part}`],
    )
    const kind = headers['dead-letter-kind']
    deadLetters.push({ consumer, eventId: headers.ce_id, kind, origin: placeOf(topic, partition, offset) })
  }

  const addEvent = ({ topic, position }: ConsumedRecord, message: Message, partial?: true): void => {
    const { key, id, type, at, correlationId, causationId, again, data } = message
    const { partition, offset } = numbersOf(position)
    const stands = { topic, partition, offset: Number(offset) }
    add(key, 'record', { ...stands, id, type, at, correlationId, causationId, again, data: withoutAddress(data), partial })
  }

  const takeEvent = (record: ConsumedRecord): void => {
    recordCount++
    const { topic, position } = record
    const decoded = decode(record, catalogue)
    if (decoded.kind === 'message') addEvent(record, decoded.message)
    if (decoded.kind === 'message' || decoded.kind === 'unknown') return
    const read = catalogues
      .filter((c) => c.topics.includes(topic))
      .map(({ name, catalogue }) => ({ name, ...decode(record, catalogue) }))
    // Some of its consumers may do without what is wrong in it: to them it is an event.
    const some = read.find((r) => r.kind === 'message')
    if (some?.kind === 'message') addEvent(record, some.message, true)
    const consumers = read.filter((r) => r.kind === 'undecodable').map((r) => r.name)
    const reason = decoded.kind === 'undecodable' ? decoded.reason : 'it cannot be decoded'
    undecodable.push({ place: `${topic}/${position}`, reason, consumers })
  }

  return {
    take: (record: ConsumedRecord): void => {
      const { topic, position, timestampMs } = record
      const consumer = consumerOf.get(topic)
      if (consumer !== undefined) {
        takeDeadLetter(consumer, record)
        return
      }
      if (firstAfterRemoved.size > 0 && firstAfterRemoved.has(`${topic}/${position}`)) {
        // Older ones are gone. The latest such time holds for all partitions.
        const at = new Date(timestampMs).toISOString()
        if (since === undefined || at > since) since = at
      }
      takeEvent(record)
    },
    topics: (): Topics => ({ recordCount, deadLetters, undecodable, since: sinceAll(stretches, since) }),
  }
}

/** When a partition has lost all its records, nothing is known of what was before now. */
const sinceAll = (stretches: readonly Stretch[], since: string | undefined): string | undefined =>
  stretches.some(({ topic, trimmed, records }) => trimmed && records === 0 && !topic.endsWith('.dead-letter'))
    ? new Date().toISOString()
    : since

/** The longest part of the data, which nothing here compares. */
const withoutAddress = (data: unknown): unknown => {
  if (typeof data !== 'object' || data === null || !('shippingAddress' in data)) return data
  const { shippingAddress: _, ...rest } = data
  return rest
}

export const transportOf = ({ brokers }: Settings): Promise<Transport> => transportTo({ brokers, clientId: 'check' })

/** Reads everything from the beginning to where each topic ends now. */
export const readTopics = (settings: Settings, add: OrderFiles['add'], progress: Progress): Promise<Topics> =>
  orUnreadable(brokersText(settings.brokers), 'is it running, and were the topics created (npm start does both)?', async () => {
    const transport = await transportOf(settings)
    const admin = transport.admin()
    try {
      const { events, deadLetters } = allTopics()
      const names = [...events, ...deadLetters]
      const { take, topics } = collector(add, await admin.stretches(names))
      const onRecords = (records: readonly ConsumedRecord[]) => {
        for (const record of progress.count('records of the topics', records)) take(record)
      }
      await transport.read({ topics: names, until: 'end', onRecords }).ended
      return topics()
    } finally {
      await admin.close()
    }
  })

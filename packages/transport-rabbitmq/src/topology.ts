/** Makes what records pass through: exchanges, streams, queues, and the bindings between them. */
import { setTimeout as pause } from 'node:timers/promises'
import { TookTooLong, type TopicSpec } from '@shop/messaging/driver'
import { type Catalogue, type CatalogueEntry, ensureCatalogue, enter, groupKey, readCatalogue, tryLock } from './catalogue.ts'
import { type Connection, onChannel } from './connection.ts'
import { deadOf, groupExchange, groupQueue, otherwiseOf, pastOf, presenceQueue } from './names.ts'
import { isMarker, markerOptions } from './records.ts'
import { lastMessage, offsetOf, readStream } from './streams.ts'

export interface GroupSpec {
  readonly groupId: string
  readonly topics: readonly string[]
}

export interface TopologySettings {
  /** Deliveries of a record after which the broker sets it aside as dead; default 20. */
  readonly deliveryLimit?: number
}

const sequencesDefault = 6
const lockMsMax = 30_000
const lockPollMs = 50
/** What was published just before a binding was made is in the stream by then, and what is later is in the queues as well. */
const settleMs = 100
/** Streams are removed by whole segments. */
const segmentBytes = 50_000_000

/** Does work that nobody else does meanwhile, on a connection of its own. @throws TookTooLong when others are at it for 30 s. */
const exclusively = async <T>(open: () => Promise<Connection>, work: (connection: Connection) => Promise<T>): Promise<T> => {
  const connection = await open()
  try {
    const deadline = performance.now() + lockMsMax
    while (!(await tryLock(connection, 'topics'))) {
      if (performance.now() > deadline) throw new TookTooLong('others create topics for more than 30 s')
      await pause(lockPollMs)
    }
    await ensureCatalogue(connection)
    return await work(connection)
  } finally {
    await connection.close()
  }
}

export const createTopics = async (open: () => Promise<Connection>, specs: readonly TopicSpec[]): Promise<void> => {
  await exclusively(open, async (connection) => {
    const { topics } = await readCatalogue(connection)
    const missing = specs.filter(({ topic }) => !topics.has(topic))
    for (const spec of missing) await createTopic(connection, spec)
    await enter(
      connection,
      missing.map(({ topic, partitions: sequences = sequencesDefault }) => ({ topic, sequences })),
    )
  })
}

/** The stream before the exchange: what is published meanwhile has nowhere to go, and its publisher is told so. */
const createTopic = async (connection: Connection, { topic, configEntries = {} }: TopicSpec): Promise<void> => {
  const settings = { 'x-queue-type': 'stream', 'x-stream-max-segment-size-bytes': segmentBytes, ...configEntries }
  await onChannel(connection, async (channel) => {
    await channel.assertQueue(topic, { arguments: settings })
    await channel.assertExchange(topic, 'fanout')
    await channel.bindQueue(topic, topic, '')
  })
  const channel = await connection.confirmChannel()
  channel.sendToQueue(topic, Buffer.alloc(0), markerOptions()) // the end of an empty stream cannot be seen
  await channel.waitForConfirms()
  await channel.close()
}

/** A topic that is not there yet; it may come to exist. */
export class NoSuchTopic extends Error {
  override name = 'NoSuchTopic'
}

/** What a group has of one topic. */
export interface GroupShare {
  readonly topic: string
  readonly sequences: number
  /** Whether it has not come to the end of what was there before it. */
  readonly hasPast: boolean
}

/** What the group has of each topic. Creates what it lacks. @throws NoSuchTopic */
export const ensureGroup = async (
  open: () => Promise<Connection>,
  connection: Connection,
  { groupId, topics }: GroupSpec,
  settings: TopologySettings = {},
): Promise<readonly GroupShare[]> => {
  const known = await readCatalogue(connection)
  const there = sharesIn(known, groupId, topics)
  if (there.length === topics.length) return there
  return exclusively(open, async (own) => {
    const catalogue = await readCatalogue(own)
    for (const topic of topics)
      if (!catalogue.groups.has(groupKey(topic, groupId)))
        await createGroup(own, requiredTopic(catalogue, topic), groupId, settings)
    return sharesIn(await readCatalogue(own), groupId, topics)
  })
}

const requiredTopic = ({ topics }: Catalogue, topic: string): CatalogueEntry => {
  const entry = topics.get(topic)
  if (entry === undefined) throw new NoSuchTopic(`there is no topic ${topic}`)
  return entry
}

/** Of those topics of which the group has something. */
export const sharesIn = ({ groups, withPast }: Catalogue, groupId: string, topics: readonly string[]): GroupShare[] =>
  topics.flatMap((topic) => {
    const key = groupKey(topic, groupId)
    const entry = groups.get(key)
    return entry === undefined ? [] : [{ topic, sequences: entry.sequences, hasPast: withPast.has(key) }]
  })

const createGroup = async (
  connection: Connection,
  { topic, sequences }: CatalogueEntry,
  group: string,
  { deliveryLimit = 20 }: TopologySettings,
): Promise<void> => {
  const [dealing, dead] = [groupExchange(topic, group), deadOf(topic, group)]
  const quorum = { 'x-queue-type': 'quorum', 'x-single-active-consumer': true }
  const limited = {
    ...quorum,
    'x-delivery-limit': deliveryLimit,
    'x-dead-letter-exchange': dead,
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
  }
  await onChannel(connection, async (channel) => {
    await channel.assertExchange(dead, 'fanout')
    await channel.assertQueue(dead, { arguments: quorum })
    await channel.bindQueue(dead, dead, '')
    await channel.assertQueue(presenceQueue(group))
    const otherwise = otherwiseOf(topic, group)
    await channel.assertExchange(otherwise, 'fanout')
    await channel.assertExchange(dealing, 'topic', { alternateExchange: otherwise })
    for (let sequence = 0; sequence < sequences; sequence++) {
      const queue = groupQueue(topic, group, sequence)
      await channel.assertQueue(queue, { arguments: limited })
      await channel.bindQueue(queue, dealing, `${sequence}.#`)
      if (sequence === 0) await channel.bindQueue(queue, otherwise, '')
    }
  })
  const past = (await bindWithPast(connection, topic, group, limited)) ? ({ past: 'there' } as const) : {}
  await enter(connection, [{ topic, group, sequences, ...past }])
}

/**
 * From the binding on, records come to the group's queues. Those before it are copied into a queue that the group empties first. What was
 * published around the moment of the binding comes twice, but in its order.
 * @returns whether there was something.
 */
const bindWithPast = async (connection: Connection, topic: string, group: string, queueArguments: object): Promise<boolean> => {
  await onChannel(connection, (channel) => channel.bindExchange(groupExchange(topic, group), topic, ''))
  await pause(settleMs)
  const last = await lastMessage(connection, topic)
  if (isMarker(last)) return false
  const past = pastOf(topic, group)
  await onChannel(connection, async (channel) => {
    await channel.assertExchange(past, 'fanout')
    await channel.assertQueue(past, { arguments: queueArguments })
    await channel.bindQueue(past, past, '')
    await channel.purgeQueue(past) // of somebody who did not come to an end with it
  })
  const channel = await connection.confirmChannel()
  const range = { start: 'first', until: offsetOf(last) } as const
  await readStream(connection, topic, range, async ({ content, fields, properties }) => {
    if (isMarker({ properties })) return
    const { 'x-stream-offset': _, ...headers } = properties.headers ?? {}
    const isRoom = channel.publish(past, fields.routingKey, content, { ...given(properties), headers, mandatory: true })
    if (!isRoom) await channel.waitForConfirms()
  })
  channel.publish(past, '', Buffer.alloc(0), markerOptions())
  await channel.waitForConfirms()
  await channel.close()
  return true
}

const given = (properties: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined))

/** To be done by who has handled all that was there before the group. */
export const endPast = async (connection: Connection, topic: string, group: string): Promise<void> => {
  await enter(connection, [{ topic, group, sequences: 0, past: 'ended' }])
  await onChannel(connection, async (channel) => {
    await channel.deleteQueue(pastOf(topic, group))
    await channel.deleteExchange(pastOf(topic, group))
  })
}

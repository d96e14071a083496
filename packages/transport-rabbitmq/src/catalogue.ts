/**
 * Which topics and groups there are, and of how many sequences. AMQP lists nothing, so this is kept on the broker beside them: in a stream
 * that nothing is removed from, where the first entry of a name counts.
 */
import type { Message } from 'amqplib'
import { type Connection, locked, onChannel, queueState, replyCodeOf } from './connection.ts'
import { catalogueStream, lockOf } from './names.ts'
import { lastMessage, offsetOf, readStream } from './streams.ts'

export interface CatalogueEntry {
  readonly topic: string
  /** Absent: the topic itself. */
  readonly group?: string
  readonly sequences: number
  /** Of a group: whether something was on the topic before it. An entry that says `ended` ends that. */
  readonly past?: 'there' | 'ended'
}

export interface Catalogue {
  /** By topic. */
  readonly topics: ReadonlyMap<string, CatalogueEntry>
  /** By `groupKey`. */
  readonly groups: ReadonlyMap<string, CatalogueEntry>
  /** The groups, by `groupKey`, that have not come to the end of what was there before them. */
  readonly withPast: ReadonlySet<string>
}

export const groupKey = (topic: string, group: string): string => `${topic}>${group}`

/** All that was entered up to now. Nothing when no topic was ever created. */
export const readCatalogue = async (connection: Connection): Promise<Catalogue> => {
  const [topics, groups] = [new Map<string, CatalogueEntry>(), new Map<string, CatalogueEntry>()]
  const withPast = new Set<string>()
  if ((await queueState(connection, catalogueStream)) === undefined) return { topics, groups, withPast }
  const until = offsetOf(await lastMessage(connection, catalogueStream))
  await readStream(connection, catalogueStream, { start: 'first', until }, (message) => {
    const entry = entryIn(message)
    if (entry === undefined) return
    const [of, name] = entry.group === undefined ? [topics, entry.topic] : [groups, groupKey(entry.topic, entry.group)]
    if (entry.past === 'ended') withPast.delete(name)
    else if (!of.has(name)) {
      of.set(name, entry)
      if (entry.past === 'there') withPast.add(name)
    }
  })
  return { topics, groups, withPast }
}

const entryIn = ({ content }: Message): CatalogueEntry | undefined => {
  const entry = JSON.parse(content.toString()) as Partial<CatalogueEntry>
  return entry.topic === undefined ? undefined : (entry as CatalogueEntry)
}

/** To be done by who has the catalogue's lock. */
export const enter = async (connection: Connection, entries: readonly CatalogueEntry[]): Promise<void> => {
  const channel = await connection.confirmChannel()
  try {
    for (const entry of entries)
      channel.sendToQueue(catalogueStream, Buffer.from(JSON.stringify(entry)), { persistent: true, mandatory: true })
    await channel.waitForConfirms()
  } finally {
    await channel.close().catch(() => {})
  }
}

/** Creates the catalogue where there is none yet: with a first message, since the end of an empty stream cannot be seen. */
export const ensureCatalogue = async (connection: Connection): Promise<void> => {
  if ((await queueState(connection, catalogueStream)) !== undefined) return
  await onChannel(connection, (channel) => channel.assertQueue(catalogueStream, { arguments: { 'x-queue-type': 'stream' } }))
  await enter(connection, [{} as CatalogueEntry])
}

/**
 * True when this connection has the lock now; it keeps it until it closes.
 * @param what names the lock.
 */
export const tryLock = async (connection: Connection, what: string): Promise<boolean> => {
  try {
    await onChannel(connection, (channel) => channel.assertQueue(lockOf(what), { exclusive: true, durable: false }))
    return true
  } catch (error) {
    if (replyCodeOf(error) === locked) return false
    throw error
  }
}

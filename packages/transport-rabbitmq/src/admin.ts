import { type GroupPlace, type Stretch, type TopicSpec, type TransportAdmin, within } from '@shop/messaging/driver'
import { type Catalogue, readCatalogue } from './catalogue.ts'
import { type Connection, onChannel } from './connection.ts'
import { askMembers, heldByAll } from './members.ts'
import { deadOf, groupQueue, pastOf } from './names.ts'
import { idAt, positionOf, timeOf } from './position.ts'
import { isMarker, recordOf } from './records.ts'
import { firstMessage, lastMessage, offsetOf } from './streams.ts'
import { createTopics, ensureGroup, type GroupShare, type GroupSpec, sharesIn, type TopologySettings } from './topology.ts'

/** What this broker can be asked beyond the port. */
export interface RabbitAdmin extends TransportAdmin {
  /** Creates the queues of groups before their first member comes: from then on nothing of the topics has to be copied for them. */
  createGroups(groups: readonly GroupSpec[], settings?: TopologySettings): Promise<void>
}

const askMsMax = 8_000
const createMsMax = 30_000

/** One connection, opened at the first question, and anew after one that failed. */
const askThrough = (open: () => Promise<Connection>) => {
  let connecting: Promise<Connection> | undefined
  const drop = async (dropped = connecting) => {
    if (connecting === dropped) connecting = undefined
    await dropped?.then((connection) => connection.close()).catch(() => {})
  }
  return {
    ask: async <T>(what: string, question: (connection: Connection) => Promise<T>, ms = askMsMax): Promise<T> => {
      if (
        connecting === undefined ||
        !(await connecting.then(
          (c) => c.isOpen(),
          () => false,
        ))
      )
        connecting = open()
      const mine = connecting
      try {
        return await within(ms, what, mine.then(question))
      } catch (error) {
        void drop(mine)
        throw error
      }
    },
    close: () => within(askMsMax, 'closing', drop()).catch(() => {}),
  }
}

export const rabbitAdmin = (open: () => Promise<Connection>): RabbitAdmin => {
  const { ask, close } = askThrough(open)
  const groupPlaces = (groupId: string, topics: readonly string[]) =>
    ask('reading how far a group is', (connection) => placesOf(connection, groupId, topics))

  return {
    createTopics: (specs: readonly TopicSpec[]) => creating('creating topics', createTopics(open, specs)),
    createGroups: (groups, settings) =>
      ask(
        'creating groups',
        async (connection) => {
          for (const group of groups) await ensureGroup(open, connection, group, settings)
        },
        createMsMax,
      ),
    topics: () => ask('listing topics', async (connection) => [...(await readCatalogue(connection)).topics.keys()]),
    stretches: (topics) => ask('reading topics', (connection) => stretchesOf(connection, topics)),
    groupPlaces,
    groupLag: async (groupId, topics) => {
      const places = await groupPlaces(groupId, topics)
      const lagOf = (topic: string) => places.reduce((sum, place) => (place.topic === topic ? sum + place.lag : sum), 0)
      return Object.fromEntries(topics.map((topic) => [topic, lagOf(topic)]))
    },
    moveGroup: async () => {
      throw new Error('a group of RabbitMQ cannot be moved: what its queues gave away is gone from them')
    },
    close,
  }
}

const creating = (what: string, work: Promise<void>): Promise<void> => within(createMsMax, what, work)

/** One stretch for each topic: its stream. Where the next record will stand is not known before; the number of this moment is no greater. */
const stretchesOf = async (connection: Connection, topics: readonly string[]): Promise<readonly Stretch[]> => {
  const { topics: known } = await readCatalogue(connection)
  return Promise.all(
    topics.map(async (topic): Promise<Stretch> => {
      if (!known.has(topic)) throw new Error(`there is no topic ${topic}`)
      const [head, last] = await Promise.all([firstMessage(connection, topic), lastMessage(connection, topic)])
      const [firstOffset, lastOffset] = [offsetOf(head) + (isMarker(head) ? 1 : 0), offsetOf(last)]
      const records = lastOffset - firstOffset + 1
      const end = positionOf(Math.max(idAt(Date.now()), idAt((timeOf(recordOf(last, topic).position) ?? 0) + 1)))
      const begin = records === 0 ? end : await positionAt(connection, topic, firstOffset, head)
      return { topic, begin, end, records, trimmed: !isMarker(head) }
    }),
  )
}

const positionAt = async (connection: Connection, topic: string, offset: number, head: Parameters<typeof recordOf>[0]) => {
  const first = isMarker(head) ? await firstMessage(connection, topic, offset) : head
  return recordOf(first, topic).position
}

/** Records that wait or are held, by sequence of each topic. What was there before the group, and what the broker gave up, is with the first. */
const placesOf = async (connection: Connection, groupId: string, topics: readonly string[]): Promise<readonly GroupPlace[]> => {
  const catalogue = await readCatalogue(connection)
  const shares = sharesIn(catalogue, groupId, topics)
  const waiting = await waitingIn(connection, groupId, shares)
  const held = heldByAll(shares.length === 0 ? [] : await askMembers(connection, groupId))
  return Promise.all(topics.map((topic) => placesIn(connection, catalogue, { groupId, topic, waiting, held }))).then((all) =>
    all.flat(),
  )
}

interface Known {
  readonly groupId: string
  readonly topic: string
  readonly waiting: ReadonlyMap<string, readonly number[]>
  readonly held: Readonly<Record<string, number>>
}

const placesIn = async (connection: Connection, { topics }: Catalogue, known: Known): Promise<readonly GroupPlace[]> => {
  const { topic, waiting, held } = known
  const counts = waiting.get(topic)
  const place = (sequence: number, lag: number, fresh: boolean): GroupPlace => ({ topic, position: `${sequence}/0`, fresh, lag })
  if (counts !== undefined) return counts.map((count, i) => place(i, count + (i === 0 ? (held[topic] ?? 0) : 0), false))
  if (!topics.has(topic)) throw new Error(`there is no topic ${topic}`)
  const [stretch] = await stretchesOf(connection, [topic]) // all of it waits for a group that is not there yet
  return [place(0, stretch?.records ?? 0, true)]
}

const waitingIn = (connection: Connection, groupId: string, shares: readonly GroupShare[]) =>
  onChannel(connection, async (channel) => {
    const count = async (queue: string) => (await channel.checkQueue(queue)).messageCount
    const waiting = new Map<string, readonly number[]>()
    for (const { topic, sequences, hasPast } of shares) {
      const counts: number[] = []
      for (let sequence = 0; sequence < sequences; sequence++) counts.push(await count(groupQueue(topic, groupId, sequence)))
      const past = hasPast ? Math.max(0, (await count(pastOf(topic, groupId))) - 1) : 0 // its last one is a marker
      counts[0] = (counts[0] ?? 0) + (await count(deadOf(topic, groupId))) + past
      waiting.set(topic, counts)
    }
    return waiting
  })

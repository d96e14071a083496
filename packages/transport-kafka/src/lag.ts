import type { Admin, Kafka } from 'kafkajs'
import { within } from './within.ts'

export interface LagOptions {
  readonly kafka: Kafka
  readonly groupId: string
  readonly topics: readonly string[]
}

export interface GroupLag {
  /** Records between the group's committed position and the end, per topic; at most 2 s old. @throws when no broker answers in 5 s. */
  read(): Promise<Readonly<Record<string, number>>>
  close(): Promise<void>
}

const cacheMs = 2_000
const readMsMax = 5_000

/**
 * Asks the broker instead of adding up what fetches tell: while a handler waits for its database nothing is fetched, and just then
 * the lag matters. Connects at the first read. It is the whole group's lag, whichever of its members is asked.
 */
export const groupLag = ({ kafka, groupId, topics }: LagOptions): GroupLag => {
  let admin: Admin | undefined
  let cached: { readonly at: number; readonly lag: Promise<Readonly<Record<string, number>>> } | undefined

  const drop = async () => {
    const dropped = admin
    admin = undefined
    if (dropped) await within(1_000, 'disconnecting', dropped.disconnect()).catch(() => {})
  }

  const ask = async (): Promise<Readonly<Record<string, number>>> => {
    if (!admin) {
      admin = kafka.admin()
      await admin.connect()
    }
    const { fetchOffsets, fetchTopicOffsets } = admin
    const committed = await fetchOffsets({ groupId, topics: [...topics] })
    const entries = topics.map(async (topic) => {
      const positions = new Map(
        committed.find((c) => c.topic === topic)?.partitions.map(({ partition, offset }) => [partition, offset]),
      )
      const ends = await fetchTopicOffsets(topic)
      const lags = ends.map(({ partition, low, high }) => {
        const position = Number(positions.get(partition) ?? -1) // -1: nothing committed yet
        return Math.max(0, Number(high) - Math.max(position, Number(low)))
      })
      return [topic, lags.reduce((sum, lag) => sum + lag, 0)] as const
    })
    return Object.fromEntries(await Promise.all(entries))
  }

  return {
    read: () => {
      if (!cached || Date.now() - cached.at > cacheMs) {
        const lag = within(readMsMax, 'reading the lag', ask())
        cached = { at: Date.now(), lag }
        lag.catch(() => {
          cached = undefined
          void drop() // a client that failed once may go on failing; see mendConnection.ts
        })
      }
      return cached.lag
    },
    close: drop,
  }
}

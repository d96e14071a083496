/** Finds holes: records that a group should still have got, and that its topic no longer has. kafkajs passes over them in silence. */
import { type GroupPlace, type Log, type Lost, type Stretch, type TransportAdmin, within } from '@shop/messaging/driver'
import { kafkaPosition } from './position.ts'

const offsetOf = (position: string): number => Number(kafkaPosition(position).offset)

/**
 * By what was committed against what is there: before the first offset, records went unread (retention, deletion); behind the end, the log
 * lost its tail or was begun anew, and nobody knows how many are missing.
 */
export const lostBetween = (places: readonly GroupPlace[], stretches: readonly Stretch[]): readonly Lost[] => {
  const logs = new Map(stretches.map((s) => [`${s.topic}/${kafkaPosition(s.begin).partition}`, s]))
  return places.flatMap(({ topic, position, fresh }): Lost[] => {
    const { partition } = kafkaPosition(position)
    const log = logs.get(`${topic}/${partition}`)
    if (fresh || log === undefined) return []
    const [committed, first, end] = [offsetOf(position), offsetOf(log.begin), offsetOf(log.end)]
    if (committed < first) return [{ topic, position, resumesAt: log.begin, records: first - committed }]
    return committed > end ? [{ topic, position, resumesAt: log.begin }] : []
  })
}

/** Of each of two questions; without an answer the group is joined all the same. */
const lookMsMax = 3_000

/** To be done before joining: as soon as kafkajs has seen a hole, it has set the group behind it. Never rejects. */
export const lookForLost = async (options: {
  readonly admin: TransportAdmin
  readonly groupId: string
  readonly topics: readonly string[]
  readonly log: Log
  readonly onLost: (lost: Lost) => void
}): Promise<void> => {
  const { admin, groupId, topics, log, onLost } = options
  try {
    const stretches = await within(lookMsMax, 'looking for holes', admin.stretches(topics))
    const places = await within(lookMsMax, 'looking for holes', admin.groupPlaces(groupId, topics, stretches))
    for (const lost of lostBetween(places, stretches)) onLost(lost)
  } catch (error) {
    log.debug({ err: error, groupId }, 'kafka: nobody said whether records were lost')
  }
}

/** What of a fetch shows where it stands in its partition. */
interface Fetched {
  readonly topic: string
  readonly partition: number
  /** Decimal: what was asked for. */
  readonly fetchedOffset: string
  /** Decimal: one behind its last record. */
  readonly nextOffset: string
  readonly highWatermark: string
}

/** The same while records are being read: each fetch is to begin at the latest where the one before ended, and the log is to reach so far. */
export const watchForLost = (onLost: (lost: Lost) => void) => {
  const reached = new Map<string, number>()
  return {
    fetched: ({ topic, partition, fetchedOffset, nextOffset, highWatermark }: Fetched): void => {
      const name = `${topic}/${partition}`
      const before = reached.get(name)
      const [from, next, end] = [Number(fetchedOffset), Number(nextOffset), Number(highWatermark)]
      const at = (offset: number): string => `${partition}/${offset}`
      if (before !== undefined && from > before)
        onLost({ topic, position: at(before), resumesAt: at(from), records: from - before })
      // Set back, and the log is not that long: right after a change of leader the end alone may lag.
      else if (before !== undefined && from < before && end < before) onLost({ topic, position: at(before), resumesAt: at(from) })
      reached.set(name, next)
    },
    /** Others may have read on since. */
    joined: (): void => reached.clear(),
  }
}

import type { ConsumedRecord, ReadOptions } from '@shop/messaging/driver'
import type { Admin, Batch } from 'kafkajs'
import { kafkaPosition } from './position.ts'
import { recordsOf } from './records.ts'

/** What a reader reads of one partition. */
export interface Share {
  readonly topic: string
  readonly partition: number
  /** The offset of the record that is read next. */
  next: number
  /** Where the partition ended when the reader began. */
  readonly seenTo: number
  /** The offset after the last record that is read; without bound for a reader that goes on. */
  readonly to: number
}

type Plan = Pick<ReadOptions, 'topics' | 'from' | 'until' | 'recordsPerSequenceMax'>

/** Asks where the partitions begin and end, and works out what is to be read of them. */
export const sharesOf = async (admin: Admin, plan: Plan): Promise<readonly Share[]> => {
  const { from = 'beginning', until, recordsPerSequenceMax = Number.POSITIVE_INFINITY } = plan
  const ofTopic = async (topic: string): Promise<readonly Share[]> => {
    const extents = await admin.fetchTopicOffsets(topic)
    const starts = await startsOf(admin, topic, from)
    return extents.map(({ partition, low, high }) => {
      const next = startIn(from, { low: Number(low), high: Number(high), start: starts.get(partition) })
      const bound = until === 'end' || isUnnamed(from, starts, partition) ? Number(high) : Number.POSITIVE_INFINITY
      return { topic, partition, next, seenTo: Number(high), to: Math.min(bound, next + recordsPerSequenceMax) }
    })
  }
  return (await Promise.all(plan.topics.map(ofTopic))).flat()
}

type From = NonNullable<ReadOptions['from']>

/** The offsets that a reader was given, or that the broker finds for a time, by partition. */
const startsOf = async (admin: Admin, topic: string, from: From): Promise<ReadonlyMap<number, number>> => {
  if (typeof from === 'string' || 'latest' in from) return new Map()
  if ('sinceMs' in from) {
    const found = await admin.fetchTopicOffsetsByTimestamp(topic, from.sinceMs)
    return new Map(found.map(({ partition, offset }) => [partition, Number(offset)]))
  }
  const positions = from.places.filter((place) => place.topic === topic).map(({ position }) => kafkaPosition(position))
  return new Map(positions.map(({ partition, offset }) => [partition, Number(offset)]))
}

const isUnnamed = (from: From, starts: ReadonlyMap<number, number>, partition: number): boolean =>
  typeof from === 'object' && 'places' in from && !starts.has(partition)

const startIn = (
  from: From,
  { low, high, start = high }: { readonly low: number; readonly high: number; readonly start: number | undefined },
): number => {
  if (from === 'beginning') return low
  if (from === 'end') return high
  return Math.max(low, 'latest' in from ? high - from.latest : start)
}

/** How far a reader is. */
export class ReadingProgress {
  readonly shares: readonly Share[]
  readonly #byName: ReadonlyMap<string, Share>
  readonly #behind: Set<Share>
  readonly #unfinished: Set<Share>

  constructor(shares: readonly Share[]) {
    this.shares = shares
    this.#byName = new Map(shares.map((share) => [`${share.topic}/${share.partition}`, share]))
    this.#behind = new Set(shares.filter(({ next, seenTo, to }) => next < Math.min(seenTo, to)))
    this.#unfinished = new Set(shares.filter(({ next, to }) => next < to))
  }

  /** True once all that stood there when it began has been read. */
  get isCaughtUp(): boolean {
    return this.#behind.size === 0
  }

  get isFinished(): boolean {
    return this.#unfinished.size === 0
  }

  /** The topics of which something remains to be read. */
  topics(): readonly string[] {
    return [...new Set([...this.#unfinished].map(({ topic }) => topic))]
  }

  /** The records of a batch that are to be read. What was fetched before is left out: a consumer that begins anew may fetch it again. */
  recordsIn(batch: Batch, headers?: readonly string[]): readonly ConsumedRecord[] {
    const share = this.#byName.get(`${batch.topic}/${batch.partition}`)
    if (share === undefined || share.next >= share.to) return []
    const { topic, partition, messages } = batch
    const isAsked = ({ offset }: { readonly offset: string }) => Number(offset) >= share.next && Number(offset) < share.to
    const isWhole = messages.length > 0 && [messages[0], messages.at(-1)].every((message) => message && isAsked(message))
    return recordsOf({ topic, partition, messages: isWhole ? messages : messages.filter(isAsked) }, headers)
  }

  /** Says that a batch has been read. */
  pass(batch: Batch): void {
    const share = this.#byName.get(`${batch.topic}/${batch.partition}`)
    if (share === undefined) return
    share.next = Math.max(share.next, Number(batch.lastOffset()) + 1)
    if (share.next >= Math.min(share.seenTo, share.to)) this.#behind.delete(share)
    if (share.next >= share.to) this.#unfinished.delete(share)
  }
}

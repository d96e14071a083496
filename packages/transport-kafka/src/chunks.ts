import { Abandoned, type Assignment, type ConsumedRecord, type HandleRecords, type Log, restAfter } from '@shop/messaging/driver'
import { kafkaPosition } from './position.ts'
import type { Tenure } from './tenure.ts'

/** What one fetch brought of one partition. */
export interface Lane {
  readonly tenure: Tenure
  readonly records: readonly ConsumedRecord[]
  /** Called with the offset of the last record that is done with for good, after each chunk. */
  readonly done: (offset: string) => void
}

export interface Chunks {
  /** Resolves once the lane's records are done with, or the rest was given up. Never rejects. */
  handle(lane: Lane): Promise<void>
  /** Resolves when no call of the handler is under way. */
  idle(): Promise<void>
}

export interface ChunksOptions {
  readonly handle: HandleRecords
  readonly maxRecordsPerChunk: number
  readonly assignmentIn: (tenure: Tenure) => Assignment
  readonly log: Log
  /** Lanes are not let go of sooner than this after they came, in milliseconds; default 0. */
  readonly intervalMsMin?: number
}

interface WaitingLane extends Lane {
  next: number
  readonly settle: () => void
}

interface Portion {
  readonly lane: WaitingLane
  readonly count: number
}

const isDone = ({ next, records }: WaitingLane): boolean => next >= records.length

const retryDelayMsMin = 100
const retryDelayMsMax = 5_000

/**
 * Gathers the lanes that one fetch delivered into chunks, so that one database transaction serves many partitions. kafkajs hands the
 * batches of a fetch to its workers in one tick (`src/consumer/workerQueue.js`) and fetches again only when all of them are done.
 * One call of the handler is under way at a time; a partition's records stay in order, its later chunk after its earlier one. Under load
 * the lanes are let go of a little later, and with them the next fetch, so that it brings more (`restAfter`).
 */
export const gatherChunks = (options: ChunksOptions): Chunks => {
  const { handle, maxRecordsPerChunk, assignmentIn, log, intervalMsMin = 0 } = options
  const lanes: WaitingLane[] = []
  let pumping: Promise<void> | undefined

  const giveUp = (given: (lane: WaitingLane) => boolean) => {
    for (let i = lanes.length - 1; i >= 0; i--) {
      const lane = lanes[i]
      if (lane && given(lane)) {
        lanes.splice(i, 1)
        lane.settle()
      }
    }
  }

  /** @returns true when the records are done with, false when they were given up. Nothing that a handler throws gets further. */
  const handleUntilDone = async (records: readonly ConsumedRecord[], tenure: Tenure): Promise<boolean> => {
    const assignment = assignmentIn(tenure)
    for (let delayMs = retryDelayMsMin; ; delayMs = Math.min(delayMs * 2, retryDelayMsMax)) {
      if (assignment.abandoned()) return false
      try {
        await handle(records, assignment)
        return true
      } catch (error) {
        if (assignment.abandoned()) return false
        if (error instanceof Abandoned) {
          // It gave up though nothing asked it to. The records come with the next fetch, which must not become a busy loop.
          log.warn({ records: records.length }, 'kafka: the handler gave its records up while they are still ours')
          await tenure.pause(delayMs)
          return false
        }
        log.error(
          { err: error, records: records.length, first: place(records[0]), delayMs },
          'kafka: the handler threw, calling it again',
        )
        await tenure.pause(delayMs)
      }
    }
  }

  const pump = async () => {
    await Promise.resolve() // lets the other batches of this fetch in
    let beganAt = performance.now()
    let count = 0
    while (lanes.length > 0) {
      giveUp(({ tenure }) => tenure.over)
      const tenure = lanes[0]?.tenure
      if (!tenure) break
      const portions = take(lanes, maxRecordsPerChunk)
      const records = portions.flatMap(({ lane, count }) => lane.records.slice(lane.next, lane.next + count))
      if (!(await handleUntilDone(records, tenure))) {
        giveUp((lane) => lane.tenure === tenure)
        continue
      }
      for (const { lane, count } of portions) {
        lane.next += count
        const last = lane.records[lane.next - 1]
        if (last) lane.done(kafkaPosition(last.position).offset)
      }
      count += records.length
      if (lanes.every(isDone)) {
        const tookMs = performance.now() - beganAt
        const restMs = Math.max(restAfter(count, tookMs), intervalMsMin - tookMs)
        if (restMs > 0) await tenure.pause(restMs)
        beganAt = performance.now()
        count = 0
      }
      giveUp(isDone)
    }
    pumping = undefined
  }

  return {
    handle: (lane) =>
      new Promise<void>((settle) => {
        lanes.push({ ...lane, next: 0, settle })
        pumping ??= pump()
      }),
    idle: async () => pumping,
  }
}

/** An equal share of each lane, so that a long one does not hold the others back; then what room is left, from the front. */
const take = (lanes: readonly WaitingLane[], maxRecords: number): Portion[] => {
  const share = Math.max(1, Math.floor(maxRecords / lanes.length))
  const counts = lanes.map(({ records, next }) => Math.min(share, records.length - next))
  let room = maxRecords - counts.reduce((sum, count) => sum + count, 0)
  const portions: Portion[] = []
  lanes.slice(0, maxRecords).forEach((lane, i) => {
    const count = counts[i] ?? 0
    const extra = Math.max(0, Math.min(room, lane.records.length - lane.next - count))
    room -= extra
    portions.push({ lane, count: count + extra })
  })
  return portions
}

const place = (record: ConsumedRecord | undefined) => record && `${record.topic}/${record.position}`

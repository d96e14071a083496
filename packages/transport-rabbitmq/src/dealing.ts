import { setTimeout as pause } from 'node:timers/promises'
import { Abandoned, type Assignment, type ConsumedRecord, type HandleRecords, type Log, restAfter } from '@shop/messaging/driver'
import type { ConsumeMessage } from 'amqplib'
import type { Lane } from './lane.ts'
import { isMarker, recordOf } from './records.ts'

export interface DealingOptions {
  readonly lanes: () => readonly Lane[]
  readonly handle: HandleRecords
  readonly maxRecordsPerChunk: number
  /** Aborted once nothing here is this member's own any more. */
  readonly over: AbortSignal
  /** All that was there before the group has been handled. */
  readonly onPastEnd: (lane: Lane) => void
  /** The lane is to be opened anew, since what comes next is suspect, or no longer so. */
  readonly onWantsOther: (lane: Lane) => Promise<void>
  readonly log: Log
}

interface Portion {
  readonly lane: Lane
  readonly messages: readonly ConsumeMessage[]
}

const retryDelayMsMin = 100
const retryDelayMsMax = 5_000
/** What is suspect waits for so long after a beginning, until what else there is has come, and is handled before it: it may be the end. */
const settleMs = 500

/** Gathers what waits in several lanes into chunks, so that one database transaction serves many queues. One call of the handler is under way at a time. */
export class Dealing {
  readonly #options: DealingOptions
  #arrived = Promise.withResolvers<void>()
  #settledAt = Number.POSITIVE_INFINITY
  #chunk: Promise<unknown> = Promise.resolve()

  constructor(options: DealingOptions) {
    this.#options = options
    options.over.addEventListener('abort', () => this.#arrived.resolve(), { once: true })
  }

  readonly arrival = (): void => {
    this.#arrived.resolve()
  }

  /** Resolves when the chunk at hand has ended. */
  async idle(): Promise<void> {
    await this.#chunk
  }

  /** Until it is over. Never rejects. */
  async run(): Promise<void> {
    const { over } = this.#options
    let count = 0
    let beganAt = performance.now()
    this.#settledAt = beganAt + settleMs
    while (!over.aborted) {
      const portions = await this.#next()
      if (portions.length === 0) {
        count = 0
        await this.#somethingNew()
        beganAt = performance.now()
        continue
      }
      const chunk = this.#handle(portions)
      this.#chunk = chunk
      count += await chunk
      if (this.#options.lanes().some(({ waiting }) => waiting.length > 0)) continue
      const restMs = restAfter(count, performance.now() - beganAt)
      if (restMs > 0) await pause(restMs, undefined, { signal: over }).catch(() => {})
      count = 0
      beganAt = performance.now()
    }
  }

  async #somethingNew(): Promise<void> {
    const isHeldBack = this.#options.lanes().some(({ waiting }) => waiting.length > 0)
    const wait = isHeldBack ? pause(settleMs) : new Promise<void>(() => {})
    await Promise.race([this.#arrived.promise, wait])
    this.#arrived = Promise.withResolvers<void>()
    if (this.#options.over.aborted) this.#arrived.resolve()
  }

  async #next(): Promise<readonly Portion[]> {
    const lanes = this.#options.lanes().filter(({ waiting }) => waiting.length > 0)
    for (const lane of lanes) {
      const [next] = lane.waiting
      if (next !== undefined && lane.kind === 'past' && isMarker(next)) this.#options.onPastEnd(lane)
      else if (lane.wantsOther) {
        await this.#options.onWantsOther(lane)
        this.#settledAt = performance.now() + settleMs
      }
    }
    const ready = lanes.filter((lane) => lane.waiting.length > 0 && !isMarkerNext(lane))
    const sound = ready.filter((lane) => !lane.isSuspect && lane.kind !== 'dead')
    if (sound.length > 0) return take(sound, this.#options.maxRecordsPerChunk)
    const suspect = leastTried(ready)
    if (suspect === undefined || (suspect.isSuspect && performance.now() < this.#settledAt)) return []
    return [{ lane: suspect, messages: suspect.take(1) }]
  }

  /** @returns how many records it was. */
  async #handle(portions: readonly Portion[]): Promise<number> {
    const records = portions.flatMap(({ lane, messages }) => messages.map((message) => asRecord(lane, message)))
    if (!(await this.#handleUntilDone(records))) {
      for (const { lane, messages } of portions) lane.putBack(messages)
      return 0
    }
    for (const { lane, messages } of portions) {
      const last = messages.at(-1)
      if (last !== undefined) lane.done(last)
    }
    return records.length
  }

  /** @returns false when they are no longer ours. Nothing that a handler throws gets further. */
  async #handleUntilDone(records: readonly ConsumedRecord[]): Promise<boolean> {
    const { handle, over, log } = this.#options
    const assignment: Assignment = { abandoned: () => over.aborted, heartbeat: async () => {} }
    for (let delayMs = retryDelayMsMin; ; delayMs = Math.min(delayMs * 2, retryDelayMsMax)) {
      if (over.aborted) return false
      try {
        await handle(records, assignment)
        return true
      } catch (error) {
        if (over.aborted) return false
        const why = error instanceof Abandoned ? 'gave its records up while they are still ours' : 'threw'
        log.error({ err: error, records: records.length, delayMs }, `rabbitmq: the handler ${why}, calling it again`)
        await pause(delayMs, undefined, { signal: over }).catch(() => {})
      }
    }
  }
}

/** One of those that were delivered least often: with each end of the process the others, too, come once more. */
const leastTried = (lanes: readonly Lane[]): Lane | undefined => {
  const least = Math.min(...lanes.map((lane) => lane.deliveries))
  const those = lanes.filter((lane) => lane.deliveries === least)
  return those[Math.floor(Math.random() * those.length)]
}

const isMarkerNext = ({ waiting: [next] }: Lane): boolean => next !== undefined && isMarker(next)

const asRecord = ({ topic, kind }: Lane, message: ConsumeMessage): ConsumedRecord => {
  const record = recordOf(message, topic)
  if (kind !== 'dead') return record
  const [death] = message.properties.headers?.['x-death'] ?? []
  return { ...record, unreadable: `delivered again and again and never handled (${death?.reason ?? 'dead-lettered'})` }
}

/** An equal share of each lane, so that a long one does not hold the others back; then what room is left, from the front. A marker ends a lane. */
const take = (lanes: readonly Lane[], maxRecords: number): readonly Portion[] => {
  const share = Math.max(1, Math.floor(maxRecords / lanes.length))
  const chosen = lanes.slice(0, maxRecords)
  const counts = chosen.map((lane) => Math.min(share, soundCount(lane)))
  let room = maxRecords - counts.reduce((sum, count) => sum + count, 0)
  return chosen.map((lane, i) => {
    const count = counts[i] ?? 0
    const extra = Math.max(0, Math.min(room, soundCount(lane) - count))
    room -= extra
    return { lane, messages: lane.take(count + extra) }
  })
}

/** The last one of what was before the group is a marker. */
const soundCount = ({ waiting, kind }: Lane): number =>
  kind === 'past' && waiting.at(-1) !== undefined && isMarker(waiting.at(-1) as ConsumeMessage)
    ? waiting.length - 1
    : waiting.length

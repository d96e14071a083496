import { setTimeout as pause } from 'node:timers/promises'
import type { Assignment, ConsumedRecord, SubscribeOptions, Subscription } from '../transport.ts'
import { within } from '../within.ts'
import type { Member, MemoryGroup } from './group.ts'
import type { MemoryLine } from './line.ts'
import type { Partition } from './partition.ts'

const retryDelayMs = 10
const stopMsMax = 5_000

/** What one call of the handler gets: each partition, and where its records end. */
type Chunk = ReadonlyMap<Partition, number>

/** A member of a group that consumes until it is stopped. */
export class MemorySubscription implements Subscription, Member {
  readonly #line: MemoryLine
  readonly #options: SubscribeOptions
  readonly #group: MemoryGroup
  readonly #lag: () => Promise<Readonly<Record<string, number>>>
  readonly #running: Promise<void>
  #positions = new Map<Partition, number>()
  /** Counts the assignments; what began under an earlier one is no longer this member's own. */
  #assignment = 0
  #isStopping = false
  #isCrashed = false

  constructor(line: MemoryLine, options: SubscribeOptions, lag: () => Promise<Readonly<Record<string, number>>>) {
    this.#line = line
    this.#options = options
    this.#lag = lag
    this.#group = line.broker.group(options.groupId, options.topics)
    this.#group.join(this)
    this.#running = this.#run()
  }

  assign(partitions: readonly Partition[]): void {
    this.#assignment++
    this.#positions = new Map(partitions.map((p) => [p, this.#line.broker.committed(this.#options.groupId, p)]))
    this.#line.broker.wake()
  }

  joined(): boolean {
    return !this.#isStopping && !this.#line.isCut
  }

  lag(): Promise<Readonly<Record<string, number>>> {
    return this.#lag()
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    this.#line.broker.wake()
    await within(stopMsMax, 'leaving the group', this.#running).catch(() => {})
    this.#group.leave(this)
  }

  /** Ends as a kill would: what is under way is committed no more. */
  crash(): void {
    this.#isCrashed = true
    this.#isStopping = true
    this.#group.leave(this)
  }

  async #run(): Promise<void> {
    await Promise.resolve() // whoever subscribed has the subscription by then
    while (!this.#isStopping) {
      const chunk = this.#next()
      if (chunk.size === 0) await this.#line.broker.changed()
      else await this.#handleUntilDone(chunk)
    }
  }

  /** An equal share of each partition that has records. */
  #next(): Chunk {
    const { maxRecordsPerChunk = 200 } = this.#options
    const waiting = [...this.#positions].filter(([{ records }, position]) => position < records.length)
    if (this.#line.isCut) return new Map()
    const share = Math.max(1, Math.floor(maxRecordsPerChunk / Math.max(1, waiting.length)))
    return new Map(
      waiting
        .slice(0, maxRecordsPerChunk)
        .map(([partition, position]) => [partition, Math.min(partition.records.length, position + share)]),
    )
  }

  async #handleUntilDone(chunk: Chunk): Promise<void> {
    const mine = this.#assignment
    const abandoned = () => this.#isStopping || this.#assignment !== mine
    const records = [...chunk].flatMap(([partition, end]) => partition.records.slice(this.#positions.get(partition), end))
    while (!abandoned()) {
      if (await this.#tryHandle(records, { abandoned, heartbeat: async () => {} })) return await this.#commit(chunk, mine)
      await pause(retryDelayMs)
    }
  }

  async #tryHandle(records: readonly ConsumedRecord[], assignment: Assignment): Promise<boolean> {
    try {
      await this.#options.handle(records, assignment)
      return true
    } catch {
      return false
    }
  }

  async #commit(chunk: Chunk, mine: number): Promise<void> {
    while (this.#line.isCut && !this.#isStopping) await this.#line.broker.changed()
    if (this.#assignment !== mine || this.#isCrashed || this.#line.isCut) return
    for (const [partition, end] of chunk) {
      this.#positions.set(partition, end)
      this.#line.broker.commit(this.#options.groupId, partition, end)
    }
  }
}

import { type Assignment, type HandleRecords, type Log, type Lost, TookTooLong, within } from '@shop/messaging/driver'
import type { Consumer, ConsumerGroupJoinEvent, EachBatchPayload, Kafka } from 'kafkajs'
import { type Chunks, gatherChunks } from './chunks.ts'
import { metadataAgeMsMax } from './client.ts'
import { type Commits, commitInIntervals } from './commits.ts'
import { beatBeside, type Heartbeats } from './heartbeats.ts'
import { watchForLost } from './lost.ts'
import { recordsOf } from './records.ts'
import { isNoMember, Tenure } from './tenure.ts'

export interface SessionOptions {
  readonly kafka: Kafka
  readonly groupId: string
  readonly topics: readonly string[]
  readonly handle: HandleRecords
  readonly onLost: (lost: Lost) => void
  readonly log: Log
  readonly maxRecordsPerChunk: number
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly fetchWaitMsMax: number
  readonly fetchIntervalMsMin: number
  readonly fetchBytesPerPartitionMax: number
  readonly commitIntervalMs: number
}

/** One kafkajs consumer's life, from connecting until it crashed or was closed. */
export interface Session {
  /** Resolves with what ended it, when that was not `close`. Never rejects. */
  readonly crashed: Promise<unknown>
  joined(): boolean
  /** Milliseconds from first joining the group until now, or until it crashed; 0 when it never joined. */
  joinedForMs(): number
  /** Lets the chunk at hand end or give up, commits and leaves the group; resolves after `ms` at the latest. */
  close(ms: number): Promise<void>
}

/** So many partitions are handled from one fetch; more would wait for the next ones. Workers cost nothing while idle. */
const partitionsPerFetchMax = 256
const silenceMsMin = 30_000
const silenceSessions = 5

export const openSession = (options: SessionOptions): Session => {
  const session = new KafkaSession(options)
  session.start()
  return session
}

class KafkaSession implements Session {
  readonly #options: SessionOptions
  readonly #consumer: Consumer
  readonly #heartbeats: Heartbeats
  readonly #commits: Commits
  readonly #chunks: Chunks
  readonly #lost: ReturnType<typeof watchForLost>
  readonly #crash = Promise.withResolvers<unknown>()
  readonly #watchdog: NodeJS.Timeout
  #started: Promise<void> = Promise.resolve()
  #closed = false
  #joinedAt = 0
  #crashedAt = 0
  #latest: EachBatchPayload | undefined
  #tenure = new Tenure()

  constructor(options: SessionOptions) {
    const { handle, log, maxRecordsPerChunk, sessionTimeoutMs, heartbeatIntervalMs, commitIntervalMs } = options
    this.#options = options
    this.#consumer = groupConsumer(options)
    this.#heartbeats = beatBeside({
      intervalMs: heartbeatIntervalMs,
      sessionTimeoutMs,
      onRejoin: (error) => this.#tenure.end(error),
      log,
    })
    this.#commits = commitInIntervals(() => this.#commit(), commitIntervalMs, log)
    this.#lost = watchForLost(options.onLost)
    this.#chunks = gatherChunks({
      handle,
      maxRecordsPerChunk,
      log,
      intervalMsMin: options.fetchIntervalMsMin,
      assignmentIn: (tenure) => this.#assignmentIn(tenure),
    })
    this.#watchdog = setInterval(() => this.#watch(), 1_000).unref()
    this.#listen()
  }

  get crashed(): Promise<unknown> {
    return this.#crash.promise
  }

  joined(): boolean {
    return this.#joinedAt > 0 && this.#crashedAt === 0 && !this.#closed && !this.#isOutside()
  }

  /** By what the broker said, or because it has not heard of this consumer for too long. */
  #isOutside(): boolean {
    return isNoMember(this.#tenure.rejoin) || this.#heartbeats.stale()
  }

  joinedForMs(): number {
    return this.#joinedAt === 0 ? 0 : (this.#crashedAt || performance.now()) - this.#joinedAt
  }

  start(): void {
    this.#started = this.#run()
  }

  async close(ms: number): Promise<void> {
    const { log, groupId } = this.#options
    this.#closed = true
    clearInterval(this.#watchdog)
    this.#tenure.end()
    await within(ms, 'leaving the group', this.#leave()).catch((error) =>
      log.warn({ err: error, groupId }, 'kafka: not left in order'),
    )
  }

  async #run(): Promise<void> {
    try {
      await this.#consumer.connect()
      await this.#consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true })
      await this.#consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: partitionsPerFetchMax,
        eachBatch: (payload) => this.#eachBatch(payload),
      })
    } catch (error) {
      this.#end(error)
      this.#consumer.disconnect().catch(() => {})
    }
  }

  async #leave(): Promise<void> {
    await this.#started // kafkajs cannot be stopped while it joins: it would consume afterwards
    await this.#commits.now()
    await this.#consumer.disconnect() // waits for the batches under way, then leaves the group
    await this.#chunks.idle()
  }

  /** Nobody else may tell that the group goes on without this consumer: a heartbeat may be a while off. */
  async #commit(): Promise<void> {
    const tenure = this.#tenure
    try {
      await this.#latest?.commitOffsetsIfNecessary(this.#latest.uncommittedOffsets())
    } catch (error) {
      if (isNoMember(error)) tenure.end(error)
      throw error
    }
  }

  #end(error: unknown): void {
    clearInterval(this.#watchdog)
    this.#crashedAt ||= performance.now()
    this.#tenure.end()
    this.#crash.resolve(error)
  }

  /** kafkajs has states in which it neither works nor crashes; the process would live on and consume nothing. */
  #watch(): void {
    const silentMs = this.#heartbeats.silentMs()
    if (silentMs < Math.max(silenceMsMin, silenceSessions * this.#options.sessionTimeoutMs)) return
    this.#end(new TookTooLong(`the broker was not heard for ${silentMs} ms`))
    this.#consumer.disconnect().catch(() => {})
  }

  /** Before run(), which resolves only after the first join has been told. */
  #listen(): void {
    const { GROUP_JOIN, HEARTBEAT, REBALANCING, CRASH } = this.#consumer.events
    this.#consumer.on(GROUP_JOIN, ({ payload }) => this.#onJoin(payload))
    this.#consumer.on(HEARTBEAT, this.#heartbeats.heard)
    this.#consumer.on(REBALANCING, () => void this.#commits.now())
    this.#consumer.on(CRASH, ({ payload }) => this.#end(payload.error))
  }

  #onJoin({ memberId, memberAssignment }: ConsumerGroupJoinEvent['payload']): void {
    const { log, groupId } = this.#options
    this.#heartbeats.heard()
    this.#lost.joined()
    this.#tenure.end()
    this.#tenure = new Tenure()
    this.#joinedAt ||= performance.now()
    log.info({ groupId, memberId, partitions: memberAssignment }, 'kafka: joined the group')
    if (!this.#closed) return
    this.#tenure.end() // closed while it waited to join: kafkajs would go on consuming
    this.#consumer.disconnect().catch(() => {})
  }

  #assignmentIn(mine: Tenure): Assignment {
    return {
      abandoned: () => mine.over || this.#heartbeats.stale() || this.#latest?.isRunning() === false,
      heartbeat: async () => {
        if (this.#latest) await this.#heartbeats.now(this.#latest.heartbeat)
        if (mine.rejoin !== undefined) throw mine.rejoin
      },
    }
  }

  /** Nothing escapes but the error that makes kafkajs join again: any other one would count towards a crash (`src/retry/index.js`). */
  async #eachBatch(payload: EachBatchPayload): Promise<void> {
    this.#latest = payload
    const tenure = this.#tenure
    if (!tenure.over) {
      this.#watchFor(payload)
      const records = recordsOf(payload.batch)
      const done = (offset: string) => this.#resolve(payload, tenure, offset)
      await this.#heartbeats.beside(payload.heartbeat, () => this.#chunks.handle({ tenure, records, done }))
    }
    if (!tenure.over) return
    await this.#commits.now()
    if (tenure.rejoin !== undefined) throw tenure.rejoin
  }

  #watchFor({ batch }: EachBatchPayload): void {
    const { topic, partition, highWatermark } = batch
    // kafkajs has it, but not in its types (`src/consumer/batch.js`).
    const { fetchedOffset } = batch as typeof batch & { readonly fetchedOffset: string }
    const nextOffset = String(Number(batch.lastOffset()) + 1)
    this.#lost.fetched({
      topic,
      partition,
      fetchedOffset: String(fetchedOffset),
      nextOffset,
      highWatermark: String(highWatermark),
    })
  }

  #resolve(payload: EachBatchPayload, tenure: Tenure, offset: string): void {
    if (tenure !== this.#tenure) return
    try {
      payload.resolveOffset(offset)
      this.#commits.due()
    } catch (error) {
      const { log, groupId } = this.#options
      log.warn({ err: error, groupId }, 'kafka: an offset was not resolved, its records may come again')
    }
  }
}

const groupConsumer = ({ kafka, groupId, ...options }: SessionOptions): Consumer =>
  kafka.consumer({
    groupId,
    sessionTimeout: options.sessionTimeoutMs,
    rebalanceTimeout: options.rebalanceTimeoutMs,
    heartbeatInterval: options.heartbeatIntervalMs,
    maxWaitTimeInMs: options.fetchWaitMsMax,
    minBytes: 1,
    maxBytesPerPartition: options.fetchBytesPerPartitionMax,
    allowAutoTopicCreation: false,
    metadataMaxAge: metadataAgeMsMax,
    // Beginning again is left to consume(): one way for all errors, with all objects new. The retries' counter and delay never reset
    // while the consumer runs (`src/consumer/runner.js`, scheduleFetchManager), so both stay small.
    retry: { retries: 8, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: async () => false },
  })

import type { HandleRecords, Log } from '@shop/messaging/driver'
import type { EachBatchPayload, Kafka } from 'kafkajs'
import { gatherChunks } from './chunks.ts'
import { commitInIntervals } from './commits.ts'
import { beatBeside } from './heartbeats.ts'
import { recordsOf } from './records.ts'
import { Tenure } from './tenure.ts'
import { TookTooLong, within } from './within.ts'

export interface SessionOptions {
  readonly kafka: Kafka
  readonly groupId: string
  readonly topics: readonly string[]
  readonly handle: HandleRecords
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
  const { kafka, groupId, topics, handle, log, maxRecordsPerChunk, sessionTimeoutMs, heartbeatIntervalMs } = options
  const crash = Promise.withResolvers<unknown>()
  let closed = false
  let joinedAt = 0
  let crashedAt = 0
  let latest: EachBatchPayload | undefined
  let tenure = new Tenure()

  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: options.rebalanceTimeoutMs,
    heartbeatInterval: heartbeatIntervalMs,
    maxWaitTimeInMs: options.fetchWaitMsMax,
    minBytes: 1,
    maxBytesPerPartition: options.fetchBytesPerPartitionMax,
    allowAutoTopicCreation: false,
    // Beginning again is left to consume(): one way for all errors, with all objects new. The retries' counter and delay never reset
    // while the consumer runs (`src/consumer/runner.js`, scheduleFetchManager), so both stay small.
    retry: { retries: 8, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: async () => false },
  })

  const heartbeats = beatBeside({
    intervalMs: heartbeatIntervalMs,
    sessionTimeoutMs,
    onRejoin: (error) => tenure.end(error),
    log,
  })

  const commits = commitInIntervals(
    async () => latest?.commitOffsetsIfNecessary(latest.uncommittedOffsets()),
    options.commitIntervalMs,
    log,
  )

  const chunks = gatherChunks({
    handle,
    maxRecordsPerChunk,
    log,
    intervalMsMin: options.fetchIntervalMsMin,
    assignmentIn: (mine) => ({
      abandoned: () => mine.over || heartbeats.stale() || latest?.isRunning() === false,
      heartbeat: async () => {
        if (latest) await heartbeats.now(latest.heartbeat)
        if (mine.rejoin !== undefined) throw mine.rejoin
      },
    }),
  })

  /** Nothing escapes but the error that makes kafkajs join again: any other one would count towards a crash (`src/retry/index.js`). */
  const eachBatch = async (payload: EachBatchPayload) => {
    latest = payload
    const mine = tenure
    const done = (offset: string) => {
      if (mine !== tenure) return
      try {
        payload.resolveOffset(offset)
        commits.due()
      } catch (error) {
        log.warn({ err: error, groupId }, 'kafka: an offset was not resolved, its records may come again')
      }
    }
    if (!mine.over) {
      const records = recordsOf(payload.batch)
      await heartbeats.beside(payload.heartbeat, () => chunks.handle({ tenure: mine, records, done }))
    }
    if (!mine.over) return
    await commits.now()
    if (mine.rejoin !== undefined) throw mine.rejoin
  }

  const { GROUP_JOIN, HEARTBEAT, REBALANCING, CRASH } = consumer.events
  // Before run(), which resolves only after the first join has been told.
  consumer.on(GROUP_JOIN, ({ payload }) => {
    heartbeats.heard()
    tenure.end()
    tenure = new Tenure()
    joinedAt ||= Date.now()
    log.info({ groupId, memberId: payload.memberId, partitions: payload.memberAssignment }, 'kafka: joined the group')
    if (!closed) return
    tenure.end() // closed while it waited to join: kafkajs would go on consuming
    consumer.disconnect().catch(() => {})
  })
  consumer.on(HEARTBEAT, heartbeats.heard)
  consumer.on(REBALANCING, () => void commits.now())
  consumer.on(CRASH, ({ payload }) => end(payload.error))

  const end = (error: unknown) => {
    clearInterval(watchdog)
    crashedAt ||= Date.now()
    tenure.end()
    crash.resolve(error)
  }

  /** kafkajs has states in which it neither works nor crashes; the process would live on and consume nothing. */
  const watchdog = setInterval(() => {
    if (heartbeats.silentMs() < Math.max(silenceMsMin, silenceSessions * sessionTimeoutMs)) return
    end(new TookTooLong(`the broker was not heard for ${heartbeats.silentMs()} ms`))
    consumer.disconnect().catch(() => {})
  }, 1_000).unref()

  const start = async () => {
    try {
      await consumer.connect()
      await consumer.subscribe({ topics: [...topics], fromBeginning: true })
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: partitionsPerFetchMax,
        eachBatch,
      })
    } catch (error) {
      end(error)
      consumer.disconnect().catch(() => {})
    }
  }
  const started = start()

  const leave = async () => {
    await started // kafkajs cannot be stopped while it joins: it would consume afterwards
    await commits.now()
    await consumer.disconnect() // waits for the batches under way, then leaves the group
    await chunks.idle()
  }

  return {
    crashed: crash.promise,
    joined: () => joinedAt > 0 && crashedAt === 0 && !closed && !heartbeats.stale(),
    joinedForMs: () => (joinedAt === 0 ? 0 : (crashedAt || Date.now()) - joinedAt),
    close: async (ms) => {
      closed = true
      clearInterval(watchdog)
      tenure.end()
      await within(ms, 'leaving the group', leave()).catch((error) =>
        log.warn({ err: error, groupId }, 'kafka: not left in order'),
      )
    },
  }
}

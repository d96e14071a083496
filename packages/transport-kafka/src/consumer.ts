import { setTimeout as pause } from 'node:timers/promises'
import type { Log, Lost, SubscribeOptions, Subscription } from '@shop/messaging/driver'
import type { Kafka } from 'kafkajs'
import { kafkaAdmin } from './admin.ts'
import { groupLag } from './lag.ts'
import { lookForLost } from './lost.ts'
import { openSession, type Session } from './session.ts'

/** What a consumer of this broker can be set to beyond the port. */
export interface ConsumerSettings {
  /**
   * A consumer that was killed keeps its partitions for so long; default 6,000 ms, which is the least that a broker allows unless its
   * `group.min.session.timeout.ms` says otherwise. kafkajs offers no static membership (KIP-345), with which a restarted process would
   * take its partitions over at once: its protocol layer knows `group.instance.id`, but nothing sets it (`src/broker/index.js`).
   */
  readonly sessionTimeoutMs?: number
  /** How long the other members wait for this one's chunk at hand when the group changes; default 10,000 ms. */
  readonly rebalanceTimeoutMs?: number
  /** Default 1,000 ms. */
  readonly heartbeatIntervalMs?: number
  /** How long the broker holds a fetch back when there is nothing, default 250 ms. New records end the wait at once. */
  readonly fetchWaitMsMax?: number
  /** After a fetch that brought something the next one begins no sooner than this; default 0. For readers whom a moment does not matter. */
  readonly fetchIntervalMsMin?: number
  /** Default 262,144 bytes. A fetch is handled before the next one, and a rebalance does not wait for all of it. */
  readonly fetchBytesPerPartitionMax?: number
  /** Handled records are read again after a crash when they are not committed yet; default 500 ms. */
  readonly commitIntervalMs?: number
  /** Longest pause before a new kafkajs consumer is made; default 2,000 ms. */
  readonly restartDelayMsMax?: number
  /** Bound of `stop`; default 5,000 ms. */
  readonly stopMsMax?: number
}

export interface ConsumeOptions extends SubscribeOptions, ConsumerSettings {
  /** One client for each consumer of a group in a process; see `kafkaClient`. */
  readonly kafka: Kafka
  readonly log: Log
}

const restartDelayMsMin = 100
const failuresInRowMax = 10
/** A consumer that was in its group for so long had not failed to run. */
const healthyMs = 60_000

const settingsOf = (options: ConsumeOptions) => ({
  maxRecordsPerChunk: options.maxRecordsPerChunk ?? 200,
  sessionTimeoutMs: options.sessionTimeoutMs ?? 6_000,
  rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? 10_000,
  heartbeatIntervalMs: options.heartbeatIntervalMs ?? 1_000,
  fetchWaitMsMax: options.fetchWaitMsMax ?? 250,
  fetchIntervalMsMin: options.fetchIntervalMsMin ?? 0,
  fetchBytesPerPartitionMax: options.fetchBytesPerPartitionMax ?? 262_144,
  commitIntervalMs: options.commitIntervalMs ?? 500,
})

/**
 * Consumes as a member of a group until it is stopped. Starts in the background, so that a process starts without its broker, too.
 *
 * Whatever ends the kafkajs consumer, a new one is made after a delay of 100 ms to 2 s. That goes on for as long as brokers are away
 * or topics are missing; after 10 failures of another kind in a row, none of which ran for a minute, `onFatal` is called.
 */
export const consume = (options: ConsumeOptions): Subscription => {
  const { kafka, groupId, topics, log, onFatal, stopMsMax = 5_000, restartDelayMsMax = 2_000 } = options
  const admin = kafkaAdmin(kafka)
  const stopping = new AbortController()
  const stopped = new Promise<undefined>((resolve) => stopping.signal.addEventListener('abort', () => resolve(undefined)))
  let session: Session | undefined

  const onLost = (lost: Lost) => {
    log.error({ ...lost, groupId }, 'kafka: records were lost before they were read; npm run tell-again brings them back')
    options.onLost?.(lost)
  }

  const open = () => openSession({ ...options, ...settingsOf(options), onLost })

  /** @returns what ended it, or `undefined` when that was stop(). */
  const runOnce = async (): Promise<{ readonly error: unknown; readonly healthy: boolean } | undefined> => {
    await Promise.race([stopped, lookForLost({ admin, groupId, topics, log, onLost })])
    const current = open()
    session = current
    const error = await Promise.race([stopped, current.crashed])
    await current.close(stopMsMax)
    return stopping.signal.aborted ? undefined : { error, healthy: current.joinedForMs() >= healthyMs }
  }

  const run = async () => {
    let failures = 0
    let delayMs = restartDelayMsMin
    while (!stopping.signal.aborted) {
      const ended = await runOnce()
      if (!ended) return
      if (ended.healthy) {
        failures = 0
        delayMs = restartDelayMsMin
      }
      if (!passesByItself(ended.error)) failures++
      if (failures >= failuresInRowMax) {
        log.error({ err: ended.error, groupId, failures }, 'kafka: the consumer cannot run')
        return onFatal(ended.error instanceof Error ? ended.error : new Error(String(ended.error)))
      }
      log.warn({ err: ended.error, groupId, failures, delayMs }, 'kafka: the consumer ended, making a new one')
      await pause(delayMs, undefined, { signal: stopping.signal }).catch(() => {})
      delayMs = Math.min(delayMs * 2, restartDelayMsMax)
    }
  }

  const running = run()
  return {
    joined: () => session?.joined() ?? false,
    lag: groupLag({ admin, groupId, topics }),
    stop: async () => {
      stopping.abort()
      await running
      await admin.close()
    },
  }
}

const outages = new Set([
  'TookTooLong',
  'KafkaJSNumberOfRetriesExceeded', // given only for errors that kafkajs calls retriable (src/retry/index.js)
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSBrokerNotFound',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSLockTimeout',
])

/** True for what ends when the broker is back or the topics exist, as kafkajs classifies its errors. */
const passesByItself = (error: unknown): boolean => {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 10; cause = cause.cause, depth++) {
    if (outages.has(cause.name) || (cause as { readonly retriable?: boolean }).retriable === true) return true
  }
  return false
}

import { setTimeout as pause } from 'node:timers/promises'
import type { Log, SubscribeOptions, Subscription, TransportAdmin } from '@shop/messaging/driver'
import { type Connection, replyCodeOf } from './connection.ts'
import { lagAtMost2sOld } from './lag.ts'
import { openSession, type Session } from './session.ts'
import type { TopologySettings } from './topology.ts'

/** What a consumer of this broker can be set to beyond the port. */
export interface ConsumerSettings extends TopologySettings {
  /** Most records of each queue that are here and not acknowledged; default 100. */
  readonly prefetch?: number
  /** How often a member looks whether it has more than its share of the queues; default 2,000 ms. */
  readonly balanceIntervalMs?: number
  /** Longest pause before another connection; default 2,000 ms. */
  readonly restartDelayMsMax?: number
  /** Bound of `stop`; default 5,000 ms. */
  readonly stopMsMax?: number
}

export interface ConsumeOptions extends SubscribeOptions, ConsumerSettings {
  readonly open: () => Promise<Connection>
  readonly admin: TransportAdmin
  readonly log: Log
}

const restartDelayMsMin = 100
const failuresInRowMax = 10
/** A consumer that was in its group for so long had not failed to run. */
const healthyMs = 60_000

const settingsOf = (options: ConsumeOptions) => ({
  maxRecordsPerChunk: options.maxRecordsPerChunk ?? 200,
  prefetch: options.prefetch ?? 100,
  balanceIntervalMs: options.balanceIntervalMs ?? 2_000,
})

/**
 * Consumes as a member of a group until it is stopped. Starts in the background, so that a process starts without its broker, too.
 *
 * Whatever ends a connection, another one is made after a delay of 100 ms to 2 s. That goes on for as long as the broker is away or topics
 * are missing; after 10 refusals of another kind in a row, none of which ran for a minute, `onFatal` is called.
 */
export const consume = (options: ConsumeOptions): Subscription => {
  const { groupId, topics, log, onFatal, admin, stopMsMax = 5_000, restartDelayMsMax = 2_000 } = options
  const stopping = new AbortController()
  const stopped = new Promise<undefined>((resolve) => stopping.signal.addEventListener('abort', () => resolve(undefined)))
  let session: Session | undefined

  /** @returns what ended it, or `undefined` when that was stop(). */
  const runOnce = async (): Promise<{ readonly error: unknown; readonly healthy: boolean } | undefined> => {
    const current = openSession({ ...options, ...settingsOf(options) })
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
      if (ended.healthy) [failures, delayMs] = [0, restartDelayMsMin]
      if (isRefusal(ended.error)) failures++
      if (failures >= failuresInRowMax) {
        log.error({ err: ended.error, groupId, failures }, 'rabbitmq: the consumer cannot run')
        return onFatal(ended.error instanceof Error ? ended.error : new Error(String(ended.error)))
      }
      log.warn({ err: ended.error, groupId, failures, delayMs }, 'rabbitmq: the consumer ended, making a new one')
      await pause(delayMs, undefined, { signal: stopping.signal }).catch(() => {})
      delayMs = Math.min(delayMs * 2, restartDelayMsMax)
    }
  }

  const running = run()
  return {
    joined: () => session?.joined() ?? false,
    lag: lagAtMost2sOld(() => admin.groupLag(groupId, topics)),
    stop: async () => {
      stopping.abort()
      await running
      await admin.close()
    },
  }
}

/** Access refused, precondition failed, not allowed, not implemented: what trying again does not change. */
const refusals = new Set([403, 406, 530, 540])

const isRefusal = (error: unknown): boolean => refusals.has(replyCodeOf(error) ?? 0)

import { setTimeout as pause } from 'node:timers/promises'
import type { ConsumedRecord, Log, SubscribeOptions, Subscription } from '@shop/messaging/driver'
import type { Connection } from './connection.ts'
import { lagAtMost2sOld } from './lag.ts'
import { readTopics, type StreamReader } from './reader.ts'

export interface FollowOptions extends SubscribeOptions {
  /** Where it has been on a topic: it goes on behind that. `undefined`: from the beginning. */
  readonly after: (topic: string) => string | undefined
}

const retryDelayMs = 1_000
const retryDelayMsMax = 5_000

/** Reads streams like a member of a group that has no other; where it is, only the follower knows. */
export const followStreams = (open: () => Promise<Connection>, log: Log, options: FollowOptions): Subscription => {
  const { topics, handle, groupId } = options
  const stopping = new AbortController()
  const assignment = { abandoned: () => stopping.signal.aborted, heartbeat: async () => {} }
  let reader: StreamReader | undefined
  let joined = false

  const handleUntilDone = async (records: readonly ConsumedRecord[]) => {
    for (let delayMs = retryDelayMs; !stopping.signal.aborted; delayMs = Math.min(2 * delayMs, retryDelayMsMax)) {
      try {
        return await handle(records, assignment)
      } catch (error) {
        log.error({ err: error, records: records.length, delayMs }, 'rabbitmq: the handler threw, calling it again')
        await pause(delayMs, undefined, { signal: stopping.signal }).catch(() => {})
      }
    }
  }

  const run = async () => {
    while (!stopping.signal.aborted) {
      const { signal } = stopping
      reader = readTopics(open, { topics, until: 'stopped', onRecords: handleUntilDone, signal }, options.after)
      try {
        await reader.started
        joined = true
        await reader.ended
      } catch (error) {
        log.warn({ err: error, groupId }, 'rabbitmq: reading ended, beginning again')
      }
      joined = false
      await pause(retryDelayMs, undefined, { signal }).catch(() => {})
    }
  }
  const running = run()
  return {
    joined: () => joined && (reader?.isReading() ?? false),
    lag: lagAtMost2sOld(async () => reader?.behind() ?? {}),
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}

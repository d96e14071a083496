import type { Log } from '@shop/messaging/driver'
import { asksToRejoin } from './tenure.ts'

export interface HeartbeatsOptions {
  readonly intervalMs: number
  readonly sessionTimeoutMs: number
  /** Called with the error of a heartbeat which says that the group must be joined again. */
  readonly onRejoin: (error: unknown) => void
  readonly log: Log
}

export interface Heartbeats {
  /** To be called when the broker has taken a heartbeat or let this consumer join. */
  heard(): void
  /** Milliseconds since the broker was last heard. */
  silentMs(): number
  /** True when the broker has not heard of this consumer for so long that its partitions may belong to another one. */
  stale(): boolean
  /** Sends one now, unless that is too early. What goes wrong is noted, not thrown. */
  now(beat: () => Promise<void>): Promise<void>
  /** Sends heartbeats beside `work`, however long it takes. */
  beside(beat: () => Promise<void>, work: () => Promise<void>): Promise<void>
}

/**
 * kafkajs sends heartbeats only between two fetches and when a batch asks for one (`src/consumer/runner.js`). A handler that waits
 * minutes for its database must not depend on its own progress for that, so here a ticker sends them as long as work is under way.
 */
export const beatBeside = ({ intervalMs, sessionTimeoutMs, onRejoin, log }: HeartbeatsOptions): Heartbeats => {
  let heardAt = performance.now()
  let workCount = 0
  let ticker: NodeJS.Timeout | undefined
  let beating = false

  const now = async (beat: () => Promise<void>) => {
    try {
      await beat()
    } catch (error) {
      if (asksToRejoin(error)) onRejoin(error)
      else log.debug({ err: error }, 'kafka: a heartbeat failed')
    }
  }

  const tick = async (beat: () => Promise<void>) => {
    if (beating) return
    beating = true
    await now(beat)
    beating = false
  }

  return {
    heard: () => {
      heardAt = performance.now()
    },
    silentMs: () => performance.now() - heardAt,
    stale: () => performance.now() - heardAt > sessionTimeoutMs,
    now,
    beside: async (beat, work) => {
      workCount++
      // Twice per interval: kafkajs drops a heartbeat that comes before the interval since the last answer is over (consumerGroup.js).
      ticker ??= setInterval(() => void tick(beat), intervalMs / 2)
      try {
        await work()
      } finally {
        if (--workCount === 0) {
          clearInterval(ticker)
          ticker = undefined
        }
      }
    },
  }
}

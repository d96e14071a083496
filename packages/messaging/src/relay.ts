import type { Catalogue } from './catalogue.ts'
import { encode } from './envelope.ts'
import type { Faults } from './fault-points.ts'
import type { Log } from './log.ts'
import { restAfter } from './pacing.ts'
import type { ProgressWatch } from './progress.ts'
import type { MessageStore } from './store.ts'
import type { Publisher } from './transport.ts'

export interface RelayOptions {
  readonly store: Pick<MessageStore<never>, 'pending' | 'forget' | 'onStored' | 'isTransient'>
  readonly publisher: Pick<Publisher, 'publish'>
  readonly catalogue: Catalogue
  readonly log: Log
  /** How long it rests when nothing is stored and nobody wakes it; default 100 ms. */
  readonly pollIntervalMs?: number
  /** Most messages in one produce request; default 500. */
  readonly messagesMax?: number
  readonly faults?: Faults | undefined
  /** Is told of each round; default nobody. */
  readonly progress?: Pick<ProgressWatch, 'began' | 'failed' | 'ended'>
}

export interface Relay {
  /** Looks for stored messages now instead of at the next poll. */
  wake(): void
  /** Relays what is stored, at most for `drainMsMax`, then ends. What remains is relayed at the next start. */
  stop(drainMsMax?: number): Promise<void>
}

const retryDelayMsMin = 50
const retryDelayMsMax = 2_000

/** One round: reads the oldest stored messages, publishes them, forgets them once acknowledged. @returns how many there were. */
export const relayOnce = async ({
  store,
  publisher,
  catalogue,
  messagesMax = 500,
  faults,
}: Omit<RelayOptions, 'log' | 'pollIntervalMs' | 'progress'>): Promise<number> => {
  const stored = await store.pending(messagesMax)
  if (stored.length === 0) return 0
  const types = stored.map((s) => s.message.type)
  const keys = stored.map((s) => s.message.key)
  await faults?.pass('relay-before-publish', types, keys)
  await publisher.publish(stored.map((s) => encode(s.message, catalogue)))
  await faults?.pass('relay-after-publish', types, keys)
  await store.forget(stored)
  await faults?.pass('relay-after-mark', types, keys)
  return stored.length
}

/**
 * Takes stored messages to the broker until it is stopped: read, publish, forget once acknowledged. A crash between the last two
 * publishes again, so each message arrives at least once. The order per key is the store's: one produce request is under way at a
 * time, and after a failure the same messages are read again from the oldest. Under load it gathers more for each request (`restAfter`).
 */
export const startRelay = (options: RelayOptions): Relay => {
  const { store, log, pollIntervalMs = 100, progress } = options
  const rest = restUntilWoken()
  let stopping = false
  let drainUntil = 0

  const run = async () => {
    let retryDelayMs = retryDelayMsMin
    for (;;) {
      try {
        const beganAt = performance.now()
        progress?.began()
        const count = await relayOnce(options)
        progress?.ended()
        retryDelayMs = retryDelayMsMin
        if (count > 0 && (!stopping || performance.now() < drainUntil)) {
          const restMs = stopping ? 0 : restAfter(count, performance.now() - beganAt)
          if (restMs > 0) await rest.forMs(restMs, { ignoreWakes: true })
          continue
        }
        if (stopping) return
        await rest.forMs(pollIntervalMs)
      } catch (error) {
        progress?.failed(error)
        log.warn({ err: error, retryDelayMs }, 'relay: messages stay stored, trying again')
        if (stopping) return
        await rest.forMs(retryDelayMs, { ignoreWakes: true })
        retryDelayMs = Math.min(retryDelayMs * 2, retryDelayMsMax)
      }
    }
  }

  store.onStored(rest.wake)
  const running = run()
  return {
    wake: rest.wake,
    stop: async (drainMsMax = 3_000) => {
      stopping = true
      drainUntil = performance.now() + drainMsMax
      rest.stop()
      await running
    },
  }
}

/** A pause that can be cut short; a wake between two pauses is kept for the next one. */
const restUntilWoken = () => {
  let woken = false
  let stopped = false
  let resume: (() => void) | undefined
  let sleeping: 'light' | 'deep' = 'light'
  return {
    wake: () => {
      woken = true
      if (sleeping === 'light') resume?.()
    },
    stop: () => {
      stopped = true
      resume?.()
    },
    forMs: async (ms: number, { ignoreWakes = false } = {}) => {
      if (stopped || (woken && !ignoreWakes)) {
        woken = false
        return
      }
      sleeping = ignoreWakes ? 'deep' : 'light'
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
        resume = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      resume = undefined
      woken = false
    },
  }
}

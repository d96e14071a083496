import type { Catalogue } from './catalogue.ts'
import { letterOf } from './dead-letter.ts'
import { encode } from './envelope.ts'
import type { Faults } from './fault-points.ts'
import type { Log } from './log.ts'
import { now, nowMs } from './message.ts'
import { restAfter } from './pacing.ts'
import { describe } from './persisting.ts'
import type { ProgressWatch } from './progress.ts'
import type { MessageStore, Stored } from './store.ts'
import { type OutgoingRecord, type Publisher, Unsendable } from './transport.ts'

export interface RelayOptions {
  readonly store: Pick<MessageStore<never>, 'pending' | 'forget' | 'onStored' | 'isTransient' | 'park'>
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

type RoundOptions = Omit<RelayOptions, 'log' | 'pollIntervalMs' | 'progress'> & Partial<Pick<RelayOptions, 'log'>>

/**
 * One round: reads the oldest stored messages, publishes them, forgets them once acknowledged. A message that the broker refuses for good
 * is set aside, and the others go in the next round; those behind it stay stored. @returns how many there were.
 */
export const relayOnce = async (options: RoundOptions): Promise<number> => {
  const { store, publisher, catalogue, messagesMax = 500, faults } = options
  const stored = await store.pending(messagesMax)
  if (stored.length === 0) return 0
  const types = stored.map((s) => s.message.type)
  const keys = stored.map((s) => s.message.key)
  await faults?.pass('relay-before-publish', types, keys)
  const records: OutgoingRecord[] = []
  try {
    for (const { message } of stored) records.push(encode(message, catalogue))
    await publisher.publish(records)
  } catch (error) {
    const refused =
      records.length < stored.length ? records.length : error instanceof Unsendable ? records.indexOf(error.record) : -1
    const message = stored[refused]
    if (message === undefined) throw error
    await setAside(options, message, records[refused], error)
    return stored.length
  }
  await faults?.pass('relay-after-publish', types, keys)
  await store.forget(stored)
  await faults?.pass('relay-after-mark', types, keys)
  return stored.length
}

/** @param record as it was refused; absent for a message of a type that this release does not know. */
const setAside = async (
  { store, log }: RoundOptions,
  { message }: Stored,
  record: OutgoingRecord | undefined,
  error: unknown,
): Promise<void> => {
  const { topic, value, headers } = record ?? { topic: 'unknown', value: JSON.stringify(message.data), headers: {} }
  const at = now()
  const letter = letterOf(
    {
      topic,
      position: `unsent/${message.id}`,
      key: message.key,
      value: typeof value === 'string' ? Buffer.from(value) : value,
      headers,
      timestampMs: Number.isNaN(Date.parse(message.at)) ? nowMs() : Date.parse(message.at),
    },
    { kind: 'unsendable', error: describe(error), attempts: 1, firstAt: at, lastAt: at, eventId: message.id },
  )
  await store.park([letter])
  log?.error({ deadLetter: letter.id, key: message.key, err: error }, 'relay: the broker never takes a message, its key waits')
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

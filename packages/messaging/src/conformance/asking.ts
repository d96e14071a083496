/** What the suites of a store ask of it again and again. */
import { type DeadLetter, letterOf } from '../dead-letter.ts'
import type { Message } from '../message.ts'
import type { MessageStore } from '../store.ts'

/** What the suite needs of a database: a service that counts the messages of each key. */
export interface StoreFixture<Work> {
  /** The store as one more process of the same service would open it. */
  open(): Promise<MessageStore<Work>>
  /** Ends a process that `open` began as a kill would: nothing is written down any more. */
  kill(store: MessageStore<Work>): Promise<void>
  /** Adds one to the count of the message's key, through the native handle. */
  count(work: Work, message: Message): Promise<void>
  /** The stored count of a key; 0 when there is none. */
  countOf(key: string): Promise<number>
}

let placesUsed = 0
const places = new Map<string, string>()

/** The letter of a message that came in one record of a topic; the same for the same message. */
export const letter = (message: Message, kind: DeadLetter['failure']['kind'] = 'failed'): DeadLetter => {
  const place = places.get(message.id) ?? String(placesUsed++)
  places.set(message.id, place)
  const at = '2026-01-01T00:00:00.000Z'
  return letterOf(
    {
      topic: 'asks',
      position: place,
      key: message.key,
      value: Buffer.from(JSON.stringify(message.data)),
      headers: { ce_id: message.id },
      timestampMs: 1,
    },
    { kind, error: 'broken', attempts: 5, firstAt: at, lastAt: at, eventId: message.id },
  )
}

/** As a consumer does: what is transient (two transactions in each other's way) is tried again, a bounded number of times. */
export const untilDone = async <Work, T>(task: () => Promise<T>, store: MessageStore<Work>): Promise<T> => {
  for (let attempt = 0; ; attempt++) {
    try {
      return await task()
    } catch (error) {
      if (attempt === 20 || !store.isTransient(error)) throw error
    }
  }
}

export const relayOnce = async <Work>(store: MessageStore<Work>, limit: number): Promise<Message[]> => {
  const stored = await store.pending(limit)
  await store.forget(stored)
  return stored.map((s) => s.message)
}

export const relayAll = async <Work>(store: MessageStore<Work>): Promise<Message[]> => {
  const all: Message[] = []
  for (let round = 0; round < 1_000; round++) {
    const relayed = await relayOnce(store, 7)
    if (relayed.length === 0) return all
    all.push(...relayed)
  }
  throw new Error('messages are still pending after 1,000 rounds')
}

/** What a batch came to of which nothing was doubted. */
export const outcomeOf = (handled: number, duplicates: number, held: readonly Message[] = []) => ({
  handled,
  duplicates,
  held,
  suspicious: [],
})

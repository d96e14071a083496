/** Reads the topic, and knows how often and how late each event came. */
import { setTimeout as pause } from 'node:timers/promises'
import { Kafka } from 'kafkajs'
import type { Told } from './teller/settings.ts'

const pollMs = 20

export interface Watcher {
  /** From before its transaction until it was read, of those that came for the first time since `forget`; sorted. */
  latenciesMs(): readonly number[]
  /** When the latest event came for the first time, by `performance.now()`. */
  lastAt(): number
  /** The longest time without an event that had not come before, since `forget`. */
  gapMs(): number
  forget(): void
  /** Different events so far. */
  seen(): number
  /** Beyond the first one of each. */
  doubled(): number
  /** First occurrences that came after a later event of their key. */
  outOfOrder(): number
  /** Until there are so many. @throws when there are not in time */
  until(count: number, msMax: number): Promise<void>
  stop(): Promise<void>
}

export const watchTopic = async (brokers: readonly string[], topic: string): Promise<Watcher> => {
  const times = new Map<number, number>()
  const lastOfKey = new Map<string, number>()
  let latencies: number[] = []
  let doubled = 0
  let outOfOrder = 0
  let lastAt = performance.now()
  let gapMs = 0
  const see = (key: string, { n, at }: Told) => {
    const before = times.get(n) ?? 0
    times.set(n, before + 1)
    if (before > 0) return void doubled++
    gapMs = Math.max(gapMs, performance.now() - lastAt)
    lastAt = performance.now()
    latencies.push(Date.now() - at)
    if (n < (lastOfKey.get(key) ?? -1)) outOfOrder++
    lastOfKey.set(key, n)
  }
  // Without what an open or aborted transaction holds, as every service of the shop reads.
  const consumer = new Kafka({ brokers: [...brokers], clientId: 'lab', logLevel: 1 }).consumer({
    groupId: `watch-${topic}`,
    readUncommitted: false,
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    eachBatch: async ({ batch }) => {
      for (const { key, value } of batch.messages) see(String(key), JSON.parse(String(value)) as Told)
    },
  })
  return {
    latenciesMs: () => latencies.toSorted((a, b) => a - b),
    lastAt: () => lastAt,
    gapMs: () => gapMs,
    forget: () => {
      latencies = []
      gapMs = 0
      lastAt = performance.now()
    },
    seen: () => times.size,
    doubled: () => doubled,
    outOfOrder: () => outOfOrder,
    until: async (count, msMax) => {
      for (const giveUpAt = performance.now() + msMax; times.size < count; await pause(pollMs))
        if (performance.now() > giveUpAt) throw new Error(`${times.size} of ${count} events came within ${msMax / 1_000} s`)
    },
    stop: () => consumer.disconnect(),
  }
}

import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { Assignment, ConsumedRecord, HandleRecords, OutgoingRecord, Publisher, ReadOptions } from '../transport.ts'
import type { TransportFixture, TransportProcess } from './transport-fixture.ts'

/** Waits until `condition` holds. @throws Error naming `what` when it does not within `ms`. */
export const until = async (what: string, ms: number, condition: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + ms
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`)
    await pause(10)
  }
}

export const numbers = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i)
export const valuesOf = (records: readonly ConsumedRecord[]): string[] => records.map(({ value }) => String(value))
export const distinctOf = (records: readonly ConsumedRecord[]): number => new Set(valuesOf(records)).size

/** Numbered records of ten keys. */
export const numbered = (topic: string, all: readonly number[]): OutgoingRecord[] =>
  all.map((n) => ({ topic, key: `k${n % 10}`, value: String(n), headers: { n: String(n) } }))

/** The keys whose records did not first come in the order of their numbers; none when all is well. */
export const keysOutOfOrder = (records: readonly ConsumedRecord[]): string[] => {
  const latest = new Map<string, number>()
  const seen = new Set<string>()
  const wrong = new Set<string>()
  for (const { key, value } of records) {
    const [name, number] = [String(key), Number(String(value))]
    if (seen.has(String(value))) continue
    seen.add(String(value))
    if (number < (latest.get(name) ?? -1)) wrong.add(name)
    latest.set(name, number)
  }
  return [...wrong]
}

/** A consumer and what it has handled. */
export interface Consumer {
  readonly handled: ConsumedRecord[]
  joined(): boolean
  lag(): Promise<Readonly<Record<string, number>>>
  stop(): Promise<void>
}

/** One test's topic on the broker, and the processes that use it. All is ended with the test. */
export interface Setting {
  readonly topic: string
  open(): Promise<TransportProcess>
  publisher(process?: TransportProcess): Publisher
  /** Numbered from 0. */
  publish(count: number, from?: number): Promise<void>
  /** @param how handles a chunk before its records count as handled; default nothing. */
  consume(
    groupId: string,
    how?: (records: readonly ConsumedRecord[], assignment: Assignment) => unknown,
    process?: TransportProcess,
    maxRecordsPerChunk?: number,
  ): Consumer
  /** All records that a reader brings until its end. */
  read(options?: Partial<ReadOptions>): Promise<readonly ConsumedRecord[]>
}

export const newGroup = (): string => `conformance.${randomUUID()}`

export const newSetting = async (setUp: () => Promise<TransportFixture>): Promise<Setting> => {
  const fixture = await setUp()
  const open = async () => {
    const process = await fixture.open()
    onTestFinished(() => process.close())
    return process
  }
  const first = await open()
  const topic = `conformance.${randomUUID()}`
  const admin = first.transport.admin()
  await admin.createTopics([{ topic, partitions: 4 }])
  await admin.close()
  const publisher = ({ transport }: TransportProcess = first) => {
    const opened = transport.publisher()
    onTestFinished(() => opened.close())
    return opened
  }
  let own: Publisher | undefined
  return {
    topic,
    open,
    publisher,
    publish: async (count, from = 0) => {
      own ??= publisher()
      await own.publish(numbered(topic, numbers(count, from)))
    },
    consume: (groupId, how = () => {}, { transport } = first, maxRecordsPerChunk = 200) => {
      const handled: ConsumedRecord[] = []
      const handle: HandleRecords = async (records, assignment) => {
        await how(records, assignment)
        handled.push(...records)
      }
      const onFatal = (error: Error) => {
        throw error
      }
      const subscription = transport.subscribe({ groupId, topics: [topic], handle, onFatal, maxRecordsPerChunk })
      onTestFinished(() => subscription.stop())
      return Object.assign(subscription, { handled })
    },
    read: async (options = {}) => {
      const read: ConsumedRecord[] = []
      const onRecords = (records: readonly ConsumedRecord[]) => void read.push(...records)
      await first.transport.read({ topics: [topic], until: 'end', onRecords, ...options }).ended
      return read
    },
  }
}

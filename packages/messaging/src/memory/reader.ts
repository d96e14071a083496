import type { ReadOptions, TopicReader } from '../transport.ts'
import { within } from '../within.ts'
import type { MemoryBroker } from './broker.ts'
import type { MemoryLine } from './line.ts'
import { memoryPosition, type Partition } from './partition.ts'

const recordsPerCallMax = 500
const stopMsMax = 5_000

/** What is read of one partition. */
interface Share {
  readonly partition: Partition
  next: number
  /** Where the partition ended when the reader began. */
  readonly seenTo: number
  readonly to: number
}

export const readMemory = (line: MemoryLine, options: ReadOptions): TopicReader => {
  const stopping = new AbortController()
  const { broker } = line
  const shares = sharesOf(broker, options)
  const ended = run(line, shares, options, stopping.signal)
  ended.catch(() => {})
  const stop = () => {
    stopping.abort()
    broker.wake()
  }
  if (options.signal?.aborted) stop()
  options.signal?.addEventListener('abort', stop, { once: true })
  return {
    started: Promise.resolve(),
    ended,
    caughtUp: () => shares.every(({ next, seenTo, to }) => next >= Math.min(seenTo, to)),
    stop: async () => {
      stop()
      await within(stopMsMax, 'stopping the reader', ended).catch(() => {})
    },
  }
}

const run = async (line: MemoryLine, shares: readonly Share[], { onRecords }: ReadOptions, signal: AbortSignal) => {
  await Promise.resolve() // whoever asked has the reader by then
  while (!signal.aborted && shares.some(({ next, to }) => next < to)) {
    const share = shares.find(({ partition, next, to }) => next < Math.min(partition.records.length, to))
    if (share === undefined || line.isCut) {
      await line.broker.changed()
      continue
    }
    const end = Math.min(share.partition.records.length, share.to, share.next + recordsPerCallMax)
    const records = share.partition.records.slice(share.next, end)
    await onRecords(records)
    share.next = end
  }
}

const sharesOf = (broker: MemoryBroker, options: ReadOptions): readonly Share[] => {
  const { topics, until, recordsPerSequenceMax = Number.POSITIVE_INFINITY } = options
  return topics
    .flatMap((topic) => broker.partitions(topic))
    .map((partition) => {
      const seenTo = partition.records.length
      const next = startIn(partition, options.from)
      const bound = until === 'end' || next === undefined ? seenTo : Number.POSITIVE_INFINITY
      return { partition, next: next ?? seenTo, seenTo, to: Math.min(bound, (next ?? seenTo) + recordsPerSequenceMax) }
    })
}

/** `undefined` when nothing is read of it. */
const startIn = ({ topic, number, records }: Partition, from: ReadOptions['from'] = 'beginning'): number | undefined => {
  if (from === 'beginning') return 0
  if (from === 'end') return records.length
  if ('latest' in from) return Math.max(0, records.length - from.latest)
  if ('sinceMs' in from) {
    const found = records.findIndex(({ timestampMs }) => timestampMs >= from.sinceMs)
    return found < 0 ? records.length : found
  }
  const here = from.places.filter((place) => place.topic === topic).map(({ position }) => memoryPosition(position))
  return here.find(({ partition }) => partition === number)?.index
}

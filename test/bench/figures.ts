/** Pure: what is made of measured numbers. */

export interface Latency {
  readonly count: number
  /** Milliseconds. */
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** @param sortedMs ascending. @returns NaN when there is none. */
const at = (sortedMs: readonly number[], share: number): number =>
  sortedMs[Math.min(sortedMs.length - 1, Math.ceil(sortedMs.length * share) - 1)] ?? Number.NaN

export const latencyOf = (timesMs: readonly number[]): Latency => {
  const sorted = [...timesMs].sort((a, b) => a - b)
  return { count: sorted.length, p50: at(sorted, 0.5), p95: at(sorted, 0.95), p99: at(sorted, 0.99), max: at(sorted, 1) }
}

/** One look at the shop during a phase. */
export interface Sample {
  /** Since the phase began. */
  readonly second: number
  readonly completed: number
  /** In MB, by process. */
  readonly residentMb: Readonly<Record<string, number>>
}

export interface Phase {
  readonly name: string
  /** Orders a second that were asked for; absent when as many as can be. */
  readonly rate?: number
  readonly seconds: number
  readonly accepted: number
  readonly acceptedPerSecond: number
  readonly confirmed: number
  readonly cancelled: number
  /** From the first POST to the last end. */
  readonly completedPerSecond: number
  /** POSTs that were answered 503. */
  readonly refused: number
  readonly failed: number
  /** Accepted orders that had no end within a minute after the last POST. */
  readonly open: number
  /** From the POST to the event that ends the order. */
  readonly latency: Latency
  /** Processor time in milliseconds per completed order, by process; user and system together. */
  readonly cpuMsPerOrder: Readonly<Record<string, number>>
  /** Processors that were kept busy by what is not measured here. */
  readonly coresOfOthers: number
  /** The first one from the beginning of the phase, the last one from its end. */
  readonly samples: readonly Sample[]
  readonly eventsPerSecond: number
  readonly handledPerSecond: number
  /** Messages per local transaction, by service. */
  readonly batchSize: Readonly<Record<string, number>>
  /** Local transactions that handled messages, of all services. */
  readonly transactionsPerOrder: number
  readonly postgresCommitsPerOrder: number
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, n) => total + n, 0)
export const cpuOf = (phase: Phase): number => sum(Object.values(phase.cpuMsPerOrder))
export const residentOf = (sample: Sample | undefined): number => sum(Object.values(sample?.residentMb ?? {}))

/** Memory in the last fifth of the phase, divided by that in the second fifth: the first one is for filling caches. NaN when too short. */
export const memoryGrowth = ({ samples }: Phase): number => {
  const fifth = Math.floor(samples.length / 5)
  const mean = (part: readonly Sample[]) => sum(part.map(residentOf)) / part.length
  return mean(samples.slice(-fifth || samples.length)) / mean(fifth === 0 ? [] : samples.slice(fifth, 2 * fifth))
}

export interface Report {
  readonly at: string
  readonly machine: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly durability: readonly string[]
  readonly phases: readonly Phase[]
  readonly check: string
}

import { latencyOf, type Phase, type Sample } from './figures.ts'
import type { Load, Outcome } from './load.ts'
import type { Counts, Observer } from './observing.ts'
import type { BenchShop } from './shop.ts'
import { memoryOf, type Usage, usageOf } from './usage.ts'

/** Leads what the follower hears to the load that is under way. */
export class Ends {
  #load: Load | undefined
  readonly tell = (orderId: string, outcome: Outcome): void => this.#load?.end(orderId, outcome)

  /** The orders' ends go to this load from now on. */
  to(load: Load): Load {
    this.#load = load
    return load
  }
}

const progressMs = 10_000
/** A look at the memory costs some milliseconds, so a phase has at most so many; in between they are further apart. */
const samplesMax = 120

const sampling = (shop: BenchShop, load: Load, seconds: number) => {
  const began = performance.now()
  const samples: Sample[] = []
  const take = () =>
    samples.push({
      second: Math.round((performance.now() - began) / 1_000),
      completed: load.timesMs.length,
      residentMb: memoryOf(shop.pids()),
    })
  take()
  const timer = setInterval(take, Math.max(2_000, (seconds * 1_000) / samplesMax))
  return {
    taken: samples as readonly Sample[],
    end: () => {
      clearInterval(timer)
      take()
    },
  }
}

const each = <Figure>(record: Readonly<Record<string, Figure>>, make: (name: string, figure: Figure) => number) =>
  Object.fromEntries(Object.entries(record).map(([name, figure]) => [name, make(name, figure)]))

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0)

const ofUsage = (before: Usage, after: Usage, completed: number) => {
  const used = each(after.cpuMs, (name, ms) => ms - (before.cpuMs[name] ?? 0))
  const ofOthers = after.busyMs - before.busyMs - sum(Object.values(used))
  return {
    cpuMsPerOrder: each(used, (_, ms) => ms / completed),
    coresOfOthers: Math.max(0, ofOthers / (after.atMs - before.atMs)),
  }
}

const ofCounts = (before: Counts, after: Counts, completed: number, seconds: number) => {
  const change = (service: string, of: 'handled' | 'transactions') =>
    (after.handling[service]?.[of] ?? 0) - (before.handling[service]?.[of] ?? 0)
  const services = Object.keys(after.handling)
  return {
    eventsPerSecond: (after.events - before.events) / seconds,
    handledPerSecond: sum(services.map((s) => change(s, 'handled'))) / seconds,
    batchSize: Object.fromEntries(services.map((s) => [s, change(s, 'handled') / change(s, 'transactions')])),
    transactionsPerOrder: sum(services.map((s) => change(s, 'transactions'))) / completed,
    postgresCommitsPerOrder: (after.commits - before.commits) / completed,
  }
}

export interface Stretch {
  readonly name: string
  /** Orders a second; absent when as many as can be. */
  readonly rate?: number | undefined
  readonly seconds: number
  readonly drive: (load: Load) => Promise<void>
}

/** Runs one stretch of load until its orders have ended, and measures around it. */
export const measure = async (
  { name, rate, seconds, drive }: Stretch,
  load: Load,
  shop: BenchShop,
  observer: Observer,
  tell: (line: string) => void,
): Promise<Phase> => {
  tell(`${name}${rate === undefined ? '' : `, ${Math.round(rate)}/s`}, ${seconds} s …`)
  const pids = shop.pids()
  const countsBefore = await observer.counts()
  const samples = sampling(shop, load, seconds)
  const usageBefore = usageOf(pids)
  const progress = setInterval(
    () => tell(`${name}: ${load.accepted} accepted, ${load.timesMs.length} ended, ${load.refused} refused`),
    progressMs,
  )
  try {
    await drive(load)
    await load.drain()
  } finally {
    clearInterval(progress)
    samples.end()
  }
  const usageAfter = usageOf(pids)
  const countsAfter = await observer.counts()
  const completed = load.timesMs.length
  return {
    name,
    ...(rate !== undefined && { rate }),
    seconds: load.seconds,
    accepted: load.accepted,
    acceptedPerSecond: load.acceptedPerSecond,
    confirmed: load.confirmed,
    cancelled: load.cancelled,
    completedPerSecond: load.completedPerSecond,
    refused: load.refused,
    failed: load.failed,
    open: load.open,
    latency: latencyOf(load.timesMs),
    ...ofUsage(usageBefore, usageAfter, completed),
    samples: samples.taken,
    ...ofCounts(countsBefore, countsAfter, completed, load.seconds),
  }
}

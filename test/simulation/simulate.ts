/** A campaign over all threads, and the hunt for the planted bugs. */
import { bugs } from './bugs/index.ts'
import type { Failure, Result } from './campaign.ts'
import { Coverage, type Met } from './coverage.ts'
import { doJobs } from './threads.ts'

export interface Spent {
  readonly seconds: number
  /** Of all threads. */
  readonly cpuSeconds: number
}

export interface Report extends Spent {
  readonly runs: number
  readonly failedCount: number
  /** The first ones, by seed. */
  readonly failures: readonly Failure[]
  /** At every fault point of every service, with every event type that passes there. */
  readonly kills: Met
  /** The ways in which orders ended. */
  readonly ends: Met
}

export interface Hunt extends Spent {
  readonly seedsMax: number
  readonly bugs: readonly {
    readonly name: string
    readonly does: string
    readonly foundAt?: number
    readonly by?: readonly string[]
  }[]
}

export interface Options {
  readonly from: number
  readonly seeds: number
  readonly workers: number
  readonly bug?: string | undefined
  /** Called now and then with the number of runs done so far. */
  readonly onProgress?: ((runs: number) => void) | undefined
}

const runsPerJob = 500
const failuresShownMax = 5

const timed = async (task: () => Promise<void>): Promise<Spent> => {
  const [begunAt, cpu] = [performance.now(), process.cpuUsage()]
  await task()
  const { user, system } = process.cpuUsage(cpu)
  return { seconds: (performance.now() - begunAt) / 1_000, cpuSeconds: (user + system) / 1_000_000 }
}

export const simulate = async ({ from, seeds, workers, bug, onProgress }: Options): Promise<Report> => {
  const coverage = new Coverage()
  const failures: Failure[] = []
  let [runs, failedCount] = [0, 0]
  const jobs = Array.from({ length: Math.ceil(seeds / runsPerJob) }, (_, i) => ({
    from: from + i * runsPerJob,
    count: Math.min(runsPerJob, seeds - i * runsPerJob),
    bug,
  }))
  const take = (_job: unknown, result: Result) => {
    coverage.merge(result.hits)
    failures.push(...result.failures)
    failedCount += result.failedCount
    runs += result.runs
    onProgress?.(runs)
  }
  const spent = await timed(() => doJobs(jobs, workers, take))
  return {
    runs,
    failedCount,
    failures: failures.sort((a, b) => a.seed - b.seed).slice(0, failuresShownMax),
    kills: coverage.kills(),
    ends: coverage.ends(),
    ...spent,
  }
}

/** Looks for each planted bug until a run fails because of it, in at most `seeds` runs. */
export const huntBugs = async ({ from, seeds, workers, onProgress }: Omit<Options, 'bug'>): Promise<Hunt> => {
  const found = new Map<string, Failure>()
  let runs = 0
  const jobs = bugs.map(({ name }) => ({ bug: name, from, count: seeds, untilFailure: true }))
  const spent = await timed(() =>
    doJobs(jobs, workers, ({ bug }, result) => {
      const [failure] = result.failures
      if (failure !== undefined) found.set(bug, failure)
      runs += result.runs
      onProgress?.(runs)
    }),
  )
  return {
    seedsMax: seeds,
    bugs: bugs.map(({ name, does }) => {
      const failure = found.get(name)
      if (failure === undefined) return { name, does }
      return { name, does, foundAt: failure.seed - from + 1, by: [...new Set(failure.breaches.map((b) => b.id))] }
    }),
    ...spent,
  }
}

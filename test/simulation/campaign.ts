/** Many runs, in this thread. */

import type { Breach } from './breach.ts'
import type { Bug } from './bugs/index.ts'
import { Coverage } from './coverage.ts'
import { type Parts, realParts } from './parts.ts'
import { run } from './run.ts'

export interface Failure {
  readonly seed: number
  readonly breaches: readonly Breach[]
}

export interface Result {
  readonly runs: number
  readonly failedCount: number
  /** The first ones. */
  readonly failures: readonly Failure[]
  readonly hits: readonly (readonly [string, number])[]
}

const failuresKeptMax = 5

export const partsWith = (bug: Bug | undefined): Parts =>
  bug === undefined ? realParts : { ...realParts, ...bug.plant(realParts) }

/** What the shop's code lets escape is a breach, too. */
export const runSeed = async (
  seed: number,
  parts: Parts,
  coverage: Coverage,
  trace?: (line: string) => void,
): Promise<readonly Breach[]> => {
  try {
    return await run({ seed, parts, coverage, trace })
  } catch (error) {
    return [{ id: 'escaped', text: (error as Error).stack ?? String(error) }]
  }
}

/** Runs the seeds from `from` on, all of them or until the first that fails. */
export const runSeeds = async (
  from: number,
  count: number,
  { bug, untilFailure = false }: { readonly bug?: Bug | undefined; readonly untilFailure?: boolean } = {},
): Promise<Result> => {
  const coverage = new Coverage()
  const parts = partsWith(bug)
  const failures: Failure[] = []
  let [runs, failedCount] = [0, 0]
  while (runs < count && !(untilFailure && failedCount > 0)) {
    const seed = from + runs++
    const breaches = await runSeed(seed, parts, coverage)
    if (breaches.length === 0) continue
    failedCount++
    if (failures.length < failuresKeptMax) failures.push({ seed, breaches })
  }
  return { runs, failedCount, failures, hits: [...coverage.hits] }
}

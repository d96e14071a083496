import { messageOf } from './errors.ts'
import type { FieldError } from './problem.ts'
import { within } from './within.ts'

/** By name, what must work for the service to be ready; a check rejects with the reason when it does not. */
export type Checks = Readonly<Record<string, () => Promise<unknown>>>

export interface ReadinessReport {
  /** `ok` or the reason, by name. */
  checks: Record<string, string>
  failing: FieldError[]
}

const checkMsMax = 2_000

/**
 * Asks all checks side by side, each for at most 2 s. Those who ask meanwhile share the answer: probes must not pile up on a database
 * that hangs.
 */
export const createReadiness = (checks: Checks): (() => Promise<ReadinessReport>) => {
  let running: Promise<ReadinessReport> | undefined
  return () => {
    running ??= ask(checks).finally(() => {
      running = undefined
    })
    return running
  }
}

const ask = async (checks: Checks): Promise<ReadinessReport> => {
  const outcomes = await Promise.all(
    Object.entries(checks).map(async ([name, check]): Promise<[string, string]> => {
      try {
        await within(checkMsMax, check)
        return [name, 'ok']
      } catch (error) {
        return [name, messageOf(error).slice(0, 200)]
      }
    }),
  )
  const failing = outcomes.filter(([, outcome]) => outcome !== 'ok').map(([field, message]) => ({ field, message }))
  return { checks: Object.fromEntries(outcomes), failing }
}

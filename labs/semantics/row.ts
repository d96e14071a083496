/** PURE: a line of the table. */
import { type Booking, type Counts, countsOf } from '../payments/counting.ts'
import type { Payment } from '../payments/payment.ts'
import { deviationsOf } from './expectation.ts'
import type { Described } from './modes.ts'

export interface Row extends Described {
  readonly mode: string
  /** Absent: not run, for the reason `notRun`. */
  readonly counts?: Counts
  readonly notRun?: string
  /** What is otherwise than expected; empty when all is well. */
  readonly deviations: readonly string[]
}

export const rowOf = (mode: string, described: Described, sent: readonly Payment[], effects: readonly Booking[]): Row => {
  const counts = countsOf(sent, effects)
  return { mode, ...described, counts, deviations: deviationsOf(described.expected, counts) }
}

export const rowNotRun = (mode: string, described: Described, notRun: string): Row => ({
  mode,
  ...described,
  notRun,
  deviations: [],
})

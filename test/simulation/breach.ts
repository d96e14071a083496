import type { Violation } from '../../tools/check/invariants.ts'

/** What is wrong with a run. */
export interface Breach extends Violation {
  /** The invariant or rule. */
  readonly id: string
}

import type { Parts } from '../parts.ts'

/** A defect that somebody could have made, put in the place of a real part. */
export interface Bug {
  readonly name: string
  /** What the shop does wrong with it. */
  readonly does: string
  readonly plant: (real: Parts) => Partial<Parts>
}

/** PURE: which signs a mode's counts must have. A table of counts is worth something only if it could have failed. */
import type { Counts } from '../payments/counting.ts'

/** `any`: it depends on the moment, and nothing is claimed. */
export type Sign = 'none' | 'some' | 'any'
export type Signed = 'lost' | 'doubled' | 'outOfOrder'
export type Expected = Readonly<Record<Signed, Sign>>

const words: Readonly<Record<Signed, string>> = { lost: 'lost', doubled: 'doubled', outOfOrder: 'out of order' }

const fits = (sign: Sign, count: number): boolean => sign === 'any' || count > 0 === (sign === 'some')

/** A sentence for each count that has another sign than expected. */
export const deviationsOf = (expected: Expected, counts: Counts): string[] =>
  (Object.keys(words) as Signed[])
    .filter((name) => !fits(expected[name], counts[name]))
    .map((name) => `${expected[name]} should be ${words[name]}, and ${counts[name]} of ${counts.sent} are`)

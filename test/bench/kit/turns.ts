export type Tell = (line: string) => void

/**
 * What is compared takes so many short turns each, unless told otherwise; their medians count. On a busy machine both of one turn meet the
 * same neighbours.
 */
export const turnsUsual = 9

/** A figure of the kit and the one to compare it with. */
export interface Pair {
  readonly kit: number
  readonly bare: number
}

/** The medians of both, and of the ratios turn by turn. */
export const medians = (pairs: readonly Pair[]): Pair & { readonly ratio: number } => ({
  kit: median(pairs.map((p) => p.kit)),
  bare: median(pairs.map((p) => p.bare)),
  ratio: median(pairs.map((p) => p.kit / p.bare)),
})

/** The middle one; of an even number the upper one of the two. NaN when there is none. */
export const median = (figures: readonly number[]): number =>
  [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN

export type Tell = (line: string) => void

/** What is compared takes so many turns each; their median counts. */
export const turns = 3

/** The middle one; of an even number the upper one of the two. NaN when there is none. */
export const median = (figures: readonly number[]): number =>
  [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN

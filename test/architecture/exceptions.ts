/** Today's exceptions from the rules and limits: a list in exceptions.json that only becomes shorter. */
import type { Sizes } from './measures.ts'

export interface Exceptions {
  /** Sentences of the rules. */
  readonly breaches: readonly string[]
  /** What is measured and where → how much. */
  readonly sizes: Sizes
}

const refresh = 'npm run architecture:refresh'

/** A sentence for each breach that is not listed, and for each listed one that is mended. */
export const newBreaches = (listed: readonly string[], now: readonly string[]): string[] => [
  ...now.filter((sentence) => !listed.includes(sentence)),
  ...listed
    .filter((sentence) => !now.includes(sentence))
    .map((sentence) => `mended: "${sentence}". Take it from the list: ${refresh}`),
]

/** A sentence for each exception that is new or has grown, and for each that is listed but smaller by now. */
export const grownSizes = (listed: Sizes, now: Sizes, meaningOf: (key: string) => string): string[] => [
  ...Object.entries(now).flatMap(([key, size]) => {
    const before = listed[key]
    if (before === undefined) return [`${key} (${size}): ${meaningOf(key)}. The list of exceptions takes no new ones`]
    return size > before ? [`${key} has grown from ${before} to ${size}: ${meaningOf(key)}. Bring it down again`] : []
  }),
  ...Object.entries(listed).flatMap(([key, before]) => {
    const size = now[key]
    if (size === undefined) return [`${key} is an exception no more. Take it from the list: ${refresh}`]
    return size < before ? [`${key} has come down from ${before} to ${size}. Keep it there: ${refresh}`] : []
  }),
]

/** What is listed, without what is mended and as small as it is now; nothing is added, nothing grows. */
export const shrunk = (listed: Exceptions, now: Exceptions): Exceptions => ({
  breaches: listed.breaches.filter((sentence) => now.breaches.includes(sentence)),
  sizes: Object.fromEntries(
    Object.entries(listed.sizes).flatMap(([key, before]) => {
      const size = now.sizes[key]
      return size === undefined ? [] : [[key, Math.min(before, size)]]
    }),
  ),
})

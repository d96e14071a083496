/** So many at once come only under load: one saga alone is never held up. */
const manyMessages = 20
const intervalMs = 40

/**
 * How long a reader rests, in milliseconds, after it has taken `messages` to their end in `tookMs`: nothing when they were few; after many,
 * so long that the next ones are read 40 ms after these. What comes meanwhile shares one fetch, transaction or produce request, each of
 * which costs about the same for one message as for many.
 */
export const restAfter = (messages: number, tookMs: number): number =>
  messages < manyMessages ? 0 : Math.max(0, intervalMs - tookMs)

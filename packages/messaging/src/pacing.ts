/** So many at once come only under load: one saga alone is never held up. */
const manyMessages = 20
/** As many make large batches by themselves. */
const backlogMessages = 500
const intervalMs = 40

/**
 * How long a reader rests, in milliseconds, after it has taken `messages` to their end in `tookMs`. Nothing when they were few, or when
 * there is a backlog; otherwise so long that the next ones are read 40 ms after these: what comes meanwhile shares one fetch, transaction
 * or produce request, each of which costs about the same for one message as for many.
 */
export const restAfter = (messages: number, tookMs: number): number =>
  messages < manyMessages || messages >= backlogMessages ? 0 : Math.max(0, intervalMs - tookMs)

/** A sweep that works takes at most one part in so many of the time, however large the collection has grown. */
const sweepRest = 50

/**
 * How long to rest after a sweep that took `tookMs`, in milliseconds: 50 times as long, but never less than `leastMs`, and never more than
 * `mostMs`, since a sweep may have taken long only because the database was away.
 */
export const restAfterSweep = (tookMs: number, leastMs: number, mostMs: number): number =>
  Math.min(mostMs, Math.max(leastMs, tookMs * sweepRest))

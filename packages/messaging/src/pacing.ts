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

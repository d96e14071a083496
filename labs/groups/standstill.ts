/** PURE: how long nothing was handled of a partition. */
export interface Handled {
  readonly partition: number
  readonly records: number
  readonly atMs: number
}

/**
 * The longest time between two moments at which something of a partition was handled, for each partition. The time from `fromMs` to the first
 * and from the last to `toMs` count as well, so that a partition that stands still throughout is seen.
 */
export const standstills = (
  handled: readonly Pick<Handled, 'partition' | 'atMs'>[],
  { partitions, fromMs, toMs }: { readonly partitions: number; readonly fromMs: number; readonly toMs: number },
): readonly number[] => {
  const longest = Array.from({ length: partitions }, () => 0)
  const latest = Array.from({ length: partitions }, () => fromMs)
  for (const { partition, atMs } of handled.toSorted((a, b) => a.atMs - b.atMs)) {
    if (atMs < fromMs || atMs > toMs) continue
    longest[partition] = Math.max(longest[partition] ?? 0, atMs - (latest[partition] ?? fromMs))
    latest[partition] = atMs
  }
  return longest.map((ms, partition) => Math.max(ms, toMs - (latest[partition] ?? fromMs)))
}

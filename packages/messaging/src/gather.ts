export interface GatherOptions<T, R> {
  /** Does the work of several calls at once; returns one result per item, in the items' order. Bounds its own time. */
  readonly run: (items: readonly T[]) => Promise<readonly R[]>
  /** Most items in one run. */
  readonly maxItems: number
  /** Most items that wait for their run; those under way do not count. */
  readonly maxQueued: number
}

/** Too much is waiting already: nothing of the refused call was or will be done. */
export class Overloaded extends Error {
  override name = 'Overloaded'
}

interface Call<T, R> {
  readonly items: readonly T[]
  readonly resolve: (results: readonly R[]) => void
  readonly reject: (error: unknown) => void
}

/**
 * Group commit: one `run` is under way at a time, and what is asked meanwhile goes together into the next one, in the order of the
 * calls. So a lone call waits for nobody, and under load the cost of a run is shared. Calls of the same tick share a run, too.
 *
 * A call's items stay together in one run. Only a call larger than `maxItems` is cut: into runs of its own, one after the other,
 * and the first that fails ends it, its later items untouched. A failing run fails the calls in it and no others.
 *
 * The returned function resolves to the results of its own items, in order.
 * @throws Overloaded when more than `maxQueued` items would wait; whatever the run throws.
 */
export const gather = <T, R>({
  run,
  maxItems,
  maxQueued,
}: GatherOptions<T, R>): ((items: readonly T[]) => Promise<readonly R[]>) => {
  const waiting: Call<T, R>[] = []
  let queuedCount = 0
  let running = false

  /** The calls of the next run: as many as fit, never skipping one, and at least one. */
  const take = (): Call<T, R>[] => {
    let itemCount = 0
    let callCount = 0
    for (const { items } of waiting) {
      if (callCount > 0 && itemCount + items.length > maxItems) break
      itemCount += items.length
      callCount++
    }
    queuedCount -= itemCount
    return waiting.splice(0, callCount)
  }

  const runChecked = async (items: readonly T[]): Promise<readonly R[]> => {
    const results = await run(items)
    if (results.length !== items.length) throw new Error(`gather: ${results.length} results for ${items.length} items`)
    return results
  }

  const runAll = async (items: readonly T[]): Promise<readonly R[]> => {
    if (items.length <= maxItems) return runChecked(items)
    const results: R[] = []
    for (let at = 0; at < items.length; at += maxItems) results.push(...(await runChecked(items.slice(at, at + maxItems))))
    return results
  }

  const drain = async () => {
    await Promise.resolve() // lets the other calls of this tick in
    while (waiting.length > 0) {
      const calls = take()
      try {
        const results = await runAll(calls.length === 1 && calls[0] ? calls[0].items : calls.flatMap(({ items }) => items))
        let at = 0
        for (const { items, resolve } of calls) {
          resolve(results.slice(at, at + items.length))
          at += items.length
        }
      } catch (error) {
        for (const { reject } of calls) reject(error)
      }
    }
    running = false
  }

  return async (items) => {
    if (items.length === 0) return []
    if (queuedCount + items.length > maxQueued) {
      throw new Overloaded(`${queuedCount} items are waiting; ${items.length} more would exceed ${maxQueued}`)
    }
    return new Promise((resolve, reject) => {
      queuedCount += items.length
      waiting.push({ items, resolve, reject })
      if (running) return
      running = true
      void drain()
    })
  }
}

/** So many at once; the others wait their turn, in order, and too many of those are turned away. */
export const turns = ({ atOnceMax, waitingMax }: { readonly atOnceMax: number; readonly waitingMax: number }) => {
  let running = 0
  const waiting: (() => void)[] = []
  /** @returns undefined when too many wait; nothing was done then. */
  return async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    if (running >= atOnceMax) {
      if (waiting.length >= waitingMax) return undefined
      // who leaves passes its place on
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
}

import { setTimeout as delay } from 'node:timers/promises'

/** Where progress lines go. */
export type Log = (line: string) => void

const seconds = (sinceMs: number) => `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`

/**
 * Runs a step, and says how long it took. Says that it has begun when it takes longer than a second, and again every 15 s.
 * @param title what is being done: 'starting PostgreSQL'
 * @param outcome what is said when it is done, from its result; default `title`
 */
export const step = async <Result>(
  log: Log,
  title: string,
  work: () => Promise<Result>,
  outcome?: (result: Result) => string,
): Promise<Result> => {
  const startedAtMs = performance.now()
  const done = new AbortController()
  const reminding = remind(log, title, startedAtMs, done.signal)
  try {
    const result = await work()
    log(`${outcome?.(result) ?? title} (${seconds(startedAtMs)})`)
    return result
  } finally {
    done.abort()
    await reminding
  }
}

const remind = async (log: Log, title: string, startedAtMs: number, done: AbortSignal) => {
  try {
    await delay(1_000, undefined, { signal: done })
    log(`${title} …`)
    while (true) {
      await delay(15_000, undefined, { signal: done })
      log(`${title} … ${seconds(startedAtMs)} so far`)
    }
  } catch {
    // done
  }
}

import type { Log } from '@shop/messaging/driver'

export interface Commits {
  /** Says that there is something to commit; it is committed within the interval, together with what comes meanwhile. */
  due(): void
  /** Commits now. Never rejects: what is not committed is read again, and handled once. */
  now(): Promise<void>
}

/**
 * Offsets are committed in intervals instead of after every chunk. kafkajs' own `autoCommit` would do so after every partition of a
 * fetch and keep the next fetch waiting for each (`src/consumer/runner.js`, handleBatch), so it is off.
 */
export const commitInIntervals = (commit: () => Promise<void>, intervalMs: number, log: Log): Commits => {
  let timer: NodeJS.Timeout | undefined
  let committing: Promise<void> | undefined

  const attempt = async () => {
    try {
      await commit()
    } catch (error) {
      log.debug({ err: error }, 'kafka: offsets were not committed, their records may come again')
    }
  }

  const now = async () => {
    clearTimeout(timer)
    timer = undefined
    await committing // may have begun before the last offset was resolved
    committing ??= attempt().finally(() => {
      committing = undefined
    })
    await committing
  }

  return {
    due: () => {
      timer ??= setTimeout(() => void now(), intervalMs)
    },
    now,
  }
}

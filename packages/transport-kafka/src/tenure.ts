import { setTimeout as pause } from 'node:timers/promises'

/**
 * A stretch of time in which this consumer owns its partitions: from joining the group until a rebalance, a crash or the stop.
 * Records that were fetched in one tenure are not resolved in another, since by then their partitions may have been given anew.
 */
export class Tenure {
  readonly #ending = new AbortController()
  #rejoin: unknown

  get over(): boolean {
    return this.#ending.signal.aborted
  }

  /** The error that tells kafkajs to join the group again; `undefined` while the tenure lasts and when it ended otherwise. */
  get rejoin(): unknown {
    return this.#rejoin
  }

  end(rejoin?: unknown): void {
    if (this.over) return
    this.#rejoin = rejoin
    this.#ending.abort()
  }

  /** Waits, or less when the tenure ends. */
  async pause(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#ending.signal }).catch(() => {})
  }
}

/**
 * True for what `heartbeat()` throws when the group must be joined again (`src/errors.js` isRebalancing, and UNKNOWN_MEMBER_ID, which
 * `src/consumer/runner.js` treats likewise). Other errors of a heartbeat say only that the broker did not answer this time.
 */
export const asksToRejoin = (error: unknown): boolean =>
  rejoinTypes.has(String((error as { readonly type?: unknown } | undefined)?.type))

/** True for what says that the group goes on without this consumer: its partitions are another one's, or nobody's. */
export const isNoMember = (error: unknown): boolean =>
  outsideTypes.has(String((error as { readonly type?: unknown } | undefined)?.type))

const outsideTypes = new Set(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'])
const rejoinTypes = new Set(['REBALANCE_IN_PROGRESS', 'NOT_COORDINATOR_FOR_GROUP', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'])

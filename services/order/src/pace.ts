/** How far behind the sagas are, judged by those that end just now. */

export interface PaceOptions {
  /** Orders that take longer than this say that more comes in than goes out. */
  readonly durationMsMax: number
  readonly now?: () => number
}

/** What ended longer ago says nothing: when nothing ends, a participant is away, and orders are taken for when it is back. */
const freshMs = 5_000
/** Share of the latest order in the average: about the last twenty count. */
const weight = 0.1

export class Pace {
  readonly #durationMsMax: number
  readonly #now: () => number
  #averageMs = 0
  #endedAt = Number.NEGATIVE_INFINITY

  constructor({ durationMsMax, now = () => performance.now() }: PaceOptions) {
    this.#durationMsMax = durationMsMax
    this.#now = now
  }

  /** An order was confirmed, so many milliseconds after it was placed. */
  confirmed(durationMs: number): void {
    const stale = this.#now() - this.#endedAt > freshMs
    this.#averageMs = stale ? durationMs : this.#averageMs + weight * (durationMs - this.#averageMs)
    this.#endedAt = this.#now()
  }

  /** True while orders that end now had to wait too long: each one more would wait longer still. */
  isBehind(): boolean {
    return this.#now() - this.#endedAt <= freshMs && this.#averageMs > this.#durationMsMax
  }
}

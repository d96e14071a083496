/** Says on stderr what is being read, when it takes longer than a second. */
export class Progress {
  readonly #counts = new Map<string, number>()
  readonly #write: (line: string) => void
  readonly #intervalMs: number
  #toldAt = performance.now()

  /** @param intervalMs between two lines, default 2,000 ms. */
  constructor(write: (line: string) => void, intervalMs = 2_000) {
    this.#write = write
    this.#intervalMs = intervalMs
  }

  /** Counts what was read; returns it. */
  count<T>(what: string, items: readonly T[]): readonly T[] {
    const sum = (this.#counts.get(what) ?? 0) + items.length
    this.#counts.set(what, sum)
    this.tell(() => `read ${sum} ${what}`)
    return items
  }

  tell(line: () => string): void {
    if (performance.now() - this.#toldAt < this.#intervalMs) return
    this.#toldAt = performance.now()
    this.#write(line())
  }
}

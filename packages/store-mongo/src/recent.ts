import type { MessageDocument } from './document.ts'

/** Orders on their way, and some more: a document is some kilobytes. */
const documentsMax = 5_000
/** After a guess that was wrong, documents are loaded for so long before one is dared again. */
const distrustMs = 1_000

/**
 * Documents as this process wrote them last, so that the next message of a key needs no look-up. What it tells is a guess: another
 * process may have written since. Each write states the version that it follows, so a wrong guess costs a write that changes nothing;
 * whoever decides without writing must not ask here.
 */
export class RecentDocuments<State> {
  readonly #documents = new Map<string, MessageDocument<State>>()
  readonly #now: () => number
  #trustAgainAt = 0

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /**
   * The documents of the keys, those left out believed not to exist: a key that is new here is mostly new. `undefined` when they are to
   * be loaded, since guesses were wrong lately.
   */
  guess(keys: readonly string[]): MessageDocument<State>[] | undefined {
    if (this.#now() < this.#trustAgainAt) return undefined
    return keys.flatMap((key) => this.#documents.get(key) ?? [])
  }

  /** Notes what was written. A document that letters hold is not kept: whether it is held has to be asked each time. */
  written(documents: readonly MessageDocument<State>[]): void {
    for (const document of documents) {
      this.#documents.delete(document._id)
      if (!document.parked?.length) this.#documents.set(document._id, document)
    }
    let excess = this.#documents.size - documentsMax
    for (const key of this.#documents.keys()) {
      if (excess-- <= 0) break
      this.#documents.delete(key)
    }
  }

  /** Nothing is known of these any more. */
  forget(keys: readonly string[]): void {
    for (const key of keys) this.#documents.delete(key)
  }

  /** A guess was wrong. */
  distrust(): void {
    this.#trustAgainAt = this.#now() + distrustMs
  }
}

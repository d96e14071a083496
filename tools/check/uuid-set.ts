import type { IdSet } from './snapshot.ts'

/** 32-bit words of a UUID. */
const words = 4
const slotsMin = 1 << 10

/** A set of UUIDs of 16 bytes each instead of the ~100 that a Set of strings takes: an inbox has millions. Other texts are no members. */
export class UuidSet implements IdSet {
  /** Open addressing; a slot of zeros is free, so the nil UUID cannot be a member. */
  #table = new Uint32Array(slotsMin * words)
  #size = 0

  get size(): number {
    return this.#size
  }

  add(id: string): void {
    if (2 * this.#size >= this.#table.length / words) this.#grow()
    if (this.#insert(...wordsOf(id))) this.#size++
  }

  has(id: string): boolean {
    const [a, b, c, d] = wordsOf(id)
    const at = this.#slot(a, b, c, d)
    return !this.#isFree(at)
  }

  #isFree(at: number): boolean {
    const table = this.#table
    return table[at] === 0 && table[at + 1] === 0 && table[at + 2] === 0 && table[at + 3] === 0
  }

  /** Where the UUID stands, or the free slot in which it would. */
  #slot(a: number, b: number, c: number, d: number): number {
    const table = this.#table
    const slots = table.length / words
    // The end of a UUID is random in versions 4 and 7.
    let slot = d & (slots - 1)
    for (;;) {
      const at = slot * words
      if (this.#isFree(at)) return at
      if (table[at] === a && table[at + 1] === b && table[at + 2] === c && table[at + 3] === d) return at
      slot = (slot + 1) & (slots - 1)
    }
  }

  #insert(a: number, b: number, c: number, d: number): boolean {
    const at = this.#slot(a, b, c, d)
    if (!this.#isFree(at)) return false
    this.#table.set([a, b, c, d], at)
    return true
  }

  #grow(): void {
    const old = this.#table
    this.#table = new Uint32Array(old.length * 2)
    for (let at = 0; at < old.length; at += words) {
      const [a = 0, b = 0, c = 0, d = 0] = old.subarray(at, at + words)
      if (a !== 0 || b !== 0 || c !== 0 || d !== 0) this.#insert(a, b, c, d)
    }
  }
}

/** As `handledAs` names them: by source, 16 bytes each. */
export class SourcedUuids implements IdSet {
  readonly #bySource = new Map<string, UuidSet>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** @param source empty for an id that holds for every source. */
  add(id: string, source: string): void {
    let ids = this.#bySource.get(source)
    if (ids === undefined) {
      ids = new UuidSet()
      this.#bySource.set(source, ids)
    }
    const before = ids.size
    ids.add(id)
    this.#size += ids.size - before
  }

  has(as: string): boolean {
    const [id = '', source = ''] = as.split(' ')
    return this.#bySource.get(source)?.has(id) ?? false
  }
}

/** Zeros for what is no UUID. */
const wordsOf = (id: string): [number, number, number, number] => [
  Number.parseInt(id.slice(0, 8), 16) >>> 0,
  Number.parseInt(id.slice(9, 13) + id.slice(14, 18), 16) >>> 0,
  Number.parseInt(id.slice(19, 23) + id.slice(24, 28), 16) >>> 0,
  Number.parseInt(id.slice(28, 36), 16) >>> 0,
]

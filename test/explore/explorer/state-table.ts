import type { State } from './model.ts'

const empty = 0

/** Mixes all numbers of a state, the last steps as in MurmurHash3: states that differ in one number come to lie far apart. */
const hashOf = (state: State): number => {
  let hash = 0x9e3779b9
  for (const word of state) {
    hash = Math.imul(hash ^ word, 0x85ebca6b)
    hash ^= hash >>> 13
  }
  hash = Math.imul(hash, 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/**
 * The states that were met, each once, numbered in the order in which they came. They are hashed to be found, and compared number by
 * number: no two states are ever taken for one. Takes 4 bytes for each number of a state and 8 to 16 more.
 */
export class StateTable {
  readonly #width: number
  #words: Uint32Array
  /** Open addressing: the state's index + 1 at its hash, or at the next free slot. */
  #slots = new Uint32Array(1 << 12)
  #count = 0

  constructor(width: number) {
    this.#width = width
    this.#words = new Uint32Array(width << 10)
  }

  get count(): number {
    return this.#count
  }

  /** @returns the state's index; it is new when that is the count before. */
  add(state: State): number {
    const mask = this.#slots.length - 1
    let slot = hashOf(state) & mask
    for (let entry = this.#slots[slot]; entry !== empty; entry = this.#slots[slot]) {
      if (this.#is((entry as number) - 1, state)) return (entry as number) - 1
      slot = (slot + 1) & mask
    }
    const index = this.#count++
    if (this.#count * this.#width > this.#words.length) {
      const larger = new Uint32Array(this.#words.length * 2)
      larger.set(this.#words)
      this.#words = larger
    }
    this.#words.set(state, index * this.#width)
    this.#slots[slot] = index + 1
    if (this.#count * 2 > this.#slots.length) this.#spread()
    return index
  }

  /** The state with this index; a copy. */
  state(index: number): State {
    return this.#words.slice(index * this.#width, (index + 1) * this.#width)
  }

  #is(index: number, state: State): boolean {
    const begin = index * this.#width
    for (let i = 0; i < this.#width; i++) if (this.#words[begin + i] !== state[i]) return false
    return true
  }

  #spread(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2)
    const mask = this.#slots.length - 1
    for (let index = 0; index < this.#count; index++) {
      let slot = hashOf(this.#words.subarray(index * this.#width, (index + 1) * this.#width)) & mask
      while (this.#slots[slot] !== empty) slot = (slot + 1) & mask
      this.#slots[slot] = index + 1
    }
  }
}

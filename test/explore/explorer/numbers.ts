/** A list of numbers from 0 to 2^32 − 1 that grows: 4 bytes each, where an array of JavaScript may need more than twice as much. */
export class Numbers {
  #items = new Uint32Array(1 << 10)
  #length = 0

  get length(): number {
    return this.#length
  }

  push(number: number): void {
    if (this.#length === this.#items.length) {
      const larger = new Uint32Array(this.#items.length * 2)
      larger.set(this.#items)
      this.#items = larger
    }
    this.#items[this.#length++] = number
  }

  at(index: number): number {
    return this.#items[index] as number
  }
}

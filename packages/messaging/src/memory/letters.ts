import { type DeadLetter, holdsKey } from '../dead-letter.ts'
import type { LetterQuery } from '../store.ts'

/** The dead letters of one service, in the order in which they were set aside. */
export class MemoryLetters {
  readonly #byId = new Map<string, DeadLetter>()

  has({ id }: DeadLetter): boolean {
    return this.#byId.has(id)
  }

  holds(key: string): boolean {
    if (this.#byId.size === 0) return false
    for (const letter of this.#byId.values()) if (letter.record.key === key && holdsKey(letter)) return true
    return false
  }

  /** True when what is to be told of the key waits behind a message that cannot be sent. */
  blocks(key: string): boolean {
    if (this.#byId.size === 0) return false
    for (const { record, failure } of this.#byId.values()) if (record.key === key && failure.kind === 'unsendable') return true
    return false
  }

  park(letters: readonly DeadLetter[]): readonly DeadLetter[] {
    const stored: DeadLetter[] = []
    for (const letter of letters) {
      const known = this.#byId.get(letter.id)
      if (!known && letter.failure.kind === 'held' && !this.holds(letter.record.key ?? '')) continue
      if (!known) this.#byId.set(letter.id, letter)
      stored.push(known ?? letter)
    }
    return stored
  }

  find({ id, key, kind, limit, brief = false }: LetterQuery): readonly DeadLetter[] {
    return [...this.#byId.values()]
      .filter((l) => (id === undefined || l.id === id) && (key === undefined || l.record.key === key))
      .filter((l) => kind === undefined || l.failure.kind === kind)
      .slice(0, limit)
      .map((l) => (brief ? { ...l, record: { ...l.record, value: null } } : l))
  }

  counts() {
    const counts = { undecodable: 0, failed: 0, held: 0, suspicious: 0, unsendable: 0 }
    for (const { failure } of this.#byId.values()) counts[failure.kind]++
    return counts
  }

  update(letter: DeadLetter): void {
    if (this.#byId.has(letter.id)) this.#byId.set(letter.id, letter)
  }

  remove({ id }: DeadLetter): void {
    this.#byId.delete(id)
  }
}

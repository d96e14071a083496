import { byKey, distinct, sortBatch } from '../batch.ts'
import type { DeadLetter } from '../deadLetter.ts'
import { assertOwnKeys, Documents } from '../documents.ts'
import type { Message } from '../message.ts'
import type { Backlog, LetterQuery, MessageStore, Outcome, React, Stored } from '../store.ts'

interface Entry<State> {
  readonly version: number
  readonly state: State | undefined
  readonly handled: readonly string[]
  readonly outbox: readonly Message[]
}

/** What several memory stores share to be the store of one service in several processes: the database, so to say. */
export class MemoryDatabase<State> {
  readonly documents = new Map<string, Entry<State>>()
  /** In the order in which they were set aside. */
  readonly letters = new Map<string, DeadLetter>()
}

/** The contract in memory, for simulations and unit tests: one versioned document per key, as on MongoDB. */
export class MemoryMessageStore<State> implements MessageStore<Documents<State>> {
  readonly #database: MemoryDatabase<State>
  #listener: () => void = () => {}

  constructor(database = new MemoryDatabase<State>()) {
    this.#database = database
  }

  get #documents() {
    return this.#database.documents
  }

  #holds(key: string): boolean {
    return [...this.#database.letters.values()].some((l) => l.record.key === key && l.failure.kind !== 'undecodable')
  }

  handleOnce(batch: readonly Message[], react: React<Documents<State>>): Promise<Outcome> {
    return this.#handle(batch, react, (key) => this.#holds(key))
  }

  async #handle(
    batch: readonly Message[],
    react: React<Documents<State>>,
    isHeld: (key: string) => boolean,
    letter?: DeadLetter,
  ): Promise<Outcome> {
    const attemptsMax = 100
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const keys = distinct(batch.map((m) => m.key))
      const loaded = new Map(keys.map((key) => [key, this.#documents.get(key)]))
      const { fresh, held, duplicates } = sortBatch(batch, new Set([...loaded.values()].flatMap((e) => e?.handled ?? [])), isHeld)
      const states = new Map([...loaded].flatMap(([key, e]) => (e?.state === undefined ? [] : [[key, e.state] as const])))
      const work = new Documents(states)
      const outgoing = fresh.length === 0 ? [] : await react(work, fresh)
      assertOwnKeys(outgoing, loaded)
      if (!this.#commit(loaded, work, fresh, outgoing)) continue
      if (letter) this.#database.letters.delete(letter.id)
      if (outgoing.length > 0) this.#listener()
      return { handled: fresh.length, duplicates, held }
    }
    throw new Error(`gave up after ${attemptsMax} conflicting writes`)
  }

  /** All or nothing, without an await in it, and only when no document has changed since it was loaded. */
  #commit(
    loaded: ReadonlyMap<string, Entry<State> | undefined>,
    work: Documents<State>,
    fresh: readonly Message[],
    outgoing: readonly Message[],
  ): boolean {
    for (const [key, entry] of loaded) if (this.#documents.get(key)?.version !== entry?.version) return false
    const told = byKey(outgoing)
    for (const [key, messages] of byKey(fresh)) {
      const before = this.#documents.get(key)
      this.#documents.set(key, {
        version: (before?.version ?? 0) + 1,
        state: work.get(key),
        handled: [...(before?.handled ?? []), ...messages.map((m) => m.id)],
        outbox: [...(before?.outbox ?? []), ...(told.get(key) ?? [])],
      })
    }
    return true
  }

  async park(letters: readonly DeadLetter[]): Promise<readonly DeadLetter[]> {
    const stored: DeadLetter[] = []
    for (const letter of letters) {
      const known = this.#database.letters.get(letter.id)
      if (!known && letter.failure.kind === 'held' && !this.#holds(letter.record.key ?? '')) continue
      if (!known) this.#database.letters.set(letter.id, letter)
      stored.push(known ?? letter)
    }
    return stored
  }

  async letters({ id, key, limit }: LetterQuery): Promise<readonly DeadLetter[]> {
    return [...this.#database.letters.values()]
      .filter((l) => (id === undefined || l.id === id) && (key === undefined || l.record.key === key))
      .slice(0, limit)
  }

  async letterCounts() {
    const counts = { undecodable: 0, failed: 0, held: 0 }
    for (const { failure } of this.#database.letters.values()) counts[failure.kind]++
    return counts
  }

  handleParked(letter: DeadLetter, message: Message, react: React<Documents<State>>): Promise<Outcome> {
    return this.#handle([message], react, () => false, letter)
  }

  async failedAgain(letter: DeadLetter): Promise<void> {
    if (this.#database.letters.has(letter.id)) this.#database.letters.set(letter.id, letter)
  }

  async discard(letter: DeadLetter): Promise<void> {
    const { key } = letter.record
    const { eventId } = letter.failure
    if (key !== null && eventId !== undefined) {
      const before = this.#documents.get(key)
      this.#documents.set(key, {
        version: (before?.version ?? 0) + 1,
        state: before?.state,
        handled: [...(before?.handled ?? []), eventId],
        outbox: before?.outbox ?? [],
      })
    }
    this.#database.letters.delete(letter.id)
  }

  async pending(limit: number): Promise<readonly Stored[]> {
    const all = [...this.#documents.values()].flatMap((e) => e.outbox)
    return all.slice(0, limit).map((message) => ({ message, at: message.key }))
  }

  async forget(sent: readonly Stored[]): Promise<void> {
    for (const [key, messages] of byKey(sent.map((s) => s.message))) {
      const entry = this.#documents.get(key)
      const ids = new Set(messages.map((m) => m.id))
      if (entry) this.#documents.set(key, { ...entry, outbox: entry.outbox.filter((m) => !ids.has(m.id)) })
    }
  }

  onStored(listener: () => void): void {
    this.#listener = listener
  }

  async backlog(): Promise<Backlog> {
    const outbox = [...this.#documents.values()].flatMap((e) => e.outbox)
    const oldest = outbox.reduce((min, m) => Math.min(min, Date.parse(m.at)), Number.POSITIVE_INFINITY)
    return { count: outbox.length, oldestMs: outbox.length === 0 ? 0 : Math.max(0, Date.now() - oldest) }
  }

  isTransient(): boolean {
    return false
  }

  async ping(): Promise<void> {}
}

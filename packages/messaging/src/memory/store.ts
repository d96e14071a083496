import { byKey, distinct, notYetHandled } from '../batch.ts'
import { assertOwnKeys, Documents } from '../documents.ts'
import type { Message } from '../message.ts'
import type { Backlog, MessageStore, Outcome, React, Stored } from '../store.ts'

interface Entry<State> {
  readonly version: number
  readonly state: State | undefined
  readonly handled: readonly string[]
  readonly outbox: readonly Message[]
}

/** What several memory stores share to be the store of one service in several processes: the database, so to say. */
export type MemoryDatabase<State> = Map<string, Entry<State>>

/** The contract in memory, for simulations and unit tests: one versioned document per key, as on MongoDB. */
export class MemoryMessageStore<State> implements MessageStore<Documents<State>> {
  readonly #database: MemoryDatabase<State>
  #listener: () => void = () => {}

  constructor(database: MemoryDatabase<State> = new Map()) {
    this.#database = database
  }

  async handleOnce(batch: readonly Message[], react: React<Documents<State>>): Promise<Outcome> {
    const attemptsMax = 100
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const keys = distinct(batch.map((m) => m.key))
      const loaded = new Map(keys.map((key) => [key, this.#database.get(key)]))
      const fresh = notYetHandled(batch, new Set([...loaded.values()].flatMap((e) => e?.handled ?? [])))
      const states = new Map([...loaded].flatMap(([key, e]) => (e?.state === undefined ? [] : [[key, e.state] as const])))
      const work = new Documents(states)
      const outgoing = fresh.length === 0 ? [] : await react(work, fresh)
      assertOwnKeys(outgoing, loaded)
      if (!this.#commit(loaded, work, fresh, outgoing)) continue
      if (outgoing.length > 0) this.#listener()
      return { handled: fresh.length, duplicates: batch.length - fresh.length }
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
    for (const [key, entry] of loaded) if (this.#database.get(key)?.version !== entry?.version) return false
    const told = byKey(outgoing)
    for (const [key, messages] of byKey(fresh)) {
      const before = this.#database.get(key)
      this.#database.set(key, {
        version: (before?.version ?? 0) + 1,
        state: work.get(key),
        handled: [...(before?.handled ?? []), ...messages.map((m) => m.id)],
        outbox: [...(before?.outbox ?? []), ...(told.get(key) ?? [])],
      })
    }
    return true
  }

  async pending(limit: number): Promise<readonly Stored[]> {
    const all = [...this.#database.values()].flatMap((e) => e.outbox)
    return all.slice(0, limit).map((message) => ({ message, at: message.key }))
  }

  async forget(sent: readonly Stored[]): Promise<void> {
    for (const [key, messages] of byKey(sent.map((s) => s.message))) {
      const entry = this.#database.get(key)
      const ids = new Set(messages.map((m) => m.id))
      if (entry) this.#database.set(key, { ...entry, outbox: entry.outbox.filter((m) => !ids.has(m.id)) })
    }
  }

  onStored(listener: () => void): void {
    this.#listener = listener
  }

  async backlog(): Promise<Backlog> {
    const outbox = [...this.#database.values()].flatMap((e) => e.outbox)
    const oldest = outbox.reduce((min, m) => Math.min(min, Date.parse(m.at)), Number.POSITIVE_INFINITY)
    return { count: outbox.length, oldestMs: outbox.length === 0 ? 0 : Math.max(0, Date.now() - oldest) }
  }

  isTransient(): boolean {
    return false
  }

  async ping(): Promise<void> {}
}

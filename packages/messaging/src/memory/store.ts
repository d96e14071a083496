import { byKey, distinct, handledAs, isHandled, type Sorted, sortBatch } from '../batch.ts'
import { type DeadLetter, doubtedLetter, handledBy, holdsKey } from '../dead-letter.ts'
import { assertOwnKeys, type Decided, type DocumentStore, Documents, type NewDocument } from '../documents.ts'
import { type Message, nowMs } from '../message.ts'
import type { Backlog, LetterQuery, Outcome, React, Stored } from '../store.ts'
import { carryOut, type Suspicious, trusted } from '../suspicion.ts'
import { type Arranged, type Arrivals, arrange, type Doubted, Needs, type NeedsByType, noArrivals, nobody } from '../waiting.ts'
import { MemoryLetters } from './letters.ts'

export interface MemoryEntry<State> {
  readonly version: number
  readonly state: State | undefined
  /** By `handledAs`. */
  readonly handled: readonly string[]
  readonly outbox: readonly Message[]
  /** Absent where nothing of the key is needed, and nothing waits. */
  readonly arrivals?: Arrivals | undefined
}

/** What several memory stores share to be the store of one service in several processes: the database, so to say. */
export class MemoryDatabase<State> {
  readonly documents = new Map<string, MemoryEntry<State>>()
  readonly letters = new MemoryLetters()
}

interface Change<R> {
  readonly fresh: readonly Message[]
  readonly emit: readonly Message[]
  readonly arrivals: Arranged['arrivals']
  readonly suspicious: readonly Suspicious[]
  readonly result: R
}

/** The documents of a batch as they were before it. */
export type Loaded<State> = ReadonlyMap<string, MemoryEntry<State> | undefined>

const conflictsMax = 100

/** The contract in memory, for simulations and unit tests: one versioned document per key, as on MongoDB. */
export class MemoryMessageStore<State> implements DocumentStore<State> {
  protected readonly database: MemoryDatabase<State>
  #listener: () => void = () => {}
  #needs = new Needs()

  constructor(database = new MemoryDatabase<State>()) {
    this.database = database
  }

  waitFor(needs: NeedsByType): void {
    this.#needs = new Needs(needs)
  }

  handleOnce(batch: readonly Message[], react: React<Documents<State>>): Promise<Outcome> {
    return this.#handle(batch, react, (key) => this.database.letters.holds(key))
  }

  async handleParked(letter: DeadLetter, message: Message, react: React<Documents<State>>): Promise<Outcome> {
    const outcome = await this.#handle([message], react, () => false)
    const doubt = outcome.suspicious.find((s) => s.message === message)
    if (doubt === undefined) this.database.letters.remove(letter)
    else this.database.letters.update(doubtedLetter(letter, doubt.reason))
    return outcome
  }

  #handle(batch: readonly Message[], react: React<Documents<State>>, isHeld: (key: string) => boolean): Promise<Outcome> {
    const keys = distinct(batch.map((m) => m.key))
    let doubted = nobody
    return this.#change(keys, async (work, loaded) => {
      const { fresh, held, duplicates } = this.sort(batch, loaded, isHeld)
      const arranged = this.arrange(fresh, (key) => loaded.get(key)?.arrivals ?? noArrivals, doubted)
      const { emit, suspicious, again } = await carryOut(arranged, doubted, (due, doubt) => react(work, due, doubt))
      if (again !== undefined) {
        doubted = again
        return undefined
      }
      const handled = trusted(fresh, suspicious)
      const result = { handled: handled.length, duplicates, held, suspicious }
      return { fresh: handled, emit, arrivals: arranged.arrivals, suspicious, result }
    })
  }

  change<R>(key: string, decide: (state: State | undefined) => Decided<State, R>): Promise<R> {
    return this.#change([key], async (work) => {
      const before = work.get(key)
      const { state, emit, result } = decide(before)
      if (state !== undefined && state !== before) work.set(key, state)
      return { fresh: [], emit, arrivals: new Map(), suspicious: [], result }
    })
  }

  async create(documents: readonly NewDocument<State>[]): Promise<ReadonlySet<string>> {
    const existing = new Set<string>()
    for (const { key, state, emit } of documents)
      if (this.database.documents.get(key)?.state !== undefined) existing.add(key)
      else this.write(key, [], { state, outbox: [...(this.database.documents.get(key)?.outbox ?? []), ...emit] })
    if (documents.some((d) => d.emit.length > 0 && !existing.has(d.key))) this.#listener()
    return existing
  }

  async #change<R>(
    keys: readonly string[],
    decide: (work: Documents<State>, loaded: Loaded<State>) => Promise<Change<R> | undefined>,
  ): Promise<R> {
    for (let attempt = 0; attempt < conflictsMax; attempt++) {
      const loaded: Loaded<State> = new Map(keys.map((key) => [key, this.database.documents.get(key)]))
      const states = new Map<string, State>()
      for (const [key, entry] of loaded) if (entry?.state !== undefined) states.set(key, entry.state)
      const work = new Documents(states)
      const change = await decide(work, loaded)
      if (change === undefined) continue
      const { fresh, emit, arrivals, suspicious, result } = change
      assertOwnKeys(emit, loaded)
      if (!this.isUnchanged(loaded)) continue
      for (const { message } of suspicious) this.#unhandle(message)
      await this.commit(loaded, work, fresh, emit, arrivals)
      if (emit.length > 0) this.#listener()
      return result
    }
    throw new Error(`gave up after ${conflictsMax} conflicting writes`)
  }

  protected sort(batch: readonly Message[], loaded: Loaded<State>, isHeld: (key: string) => boolean): Sorted {
    return sortBatch(batch, new Set([...loaded.values()].flatMap((e) => e?.handled ?? [])), isHeld)
  }

  /** One that had waited counted as handled. */
  #unhandle(message: Message): void {
    const entry = this.database.documents.get(message.key)
    const as = handledAs(message)
    if (entry?.handled.includes(as))
      this.database.documents.set(message.key, { ...entry, handled: entry.handled.filter((h) => h !== as) })
  }

  protected arrange(fresh: readonly Message[], arrivalsOf: (key: string) => Arrivals, doubted: Doubted): Arranged {
    return arrange(fresh, this.#needs, arrivalsOf, doubted)
  }

  /** True as long as nobody has written a document since it was loaded. */
  protected isUnchanged(loaded: Loaded<State>): boolean {
    for (const [key, entry] of loaded) if (this.database.documents.get(key)?.version !== entry?.version) return false
    return true
  }

  /** Writes state, handled ids, outgoing and waiting messages of each document: all before its first await. */
  protected async commit(
    loaded: Loaded<State>,
    work: Documents<State>,
    fresh: readonly Message[],
    emit: readonly Message[],
    arrivals: Arranged['arrivals'],
  ): Promise<void> {
    const [handled, told] = [byKey(fresh), byKey(emit)]
    for (const key of loaded.keys()) {
      const before = this.database.documents.get(key)
      const [ids, added] = [handled.get(key) ?? [], told.get(key) ?? []]
      if (ids.length === 0 && added.length === 0 && work.get(key) === before?.state) continue
      this.write(key, ids.map(handledAs), {
        state: work.get(key),
        outbox: [...(before?.outbox ?? []), ...added],
        arrivals: arrivals.get(key) ?? before?.arrivals,
      })
    }
  }

  protected write(
    key: string,
    ids: readonly string[],
    change: Partial<Pick<MemoryEntry<State>, 'state' | 'outbox' | 'arrivals'>> = {},
  ): void {
    const before = this.database.documents.get(key)
    this.database.documents.set(key, {
      version: (before?.version ?? 0) + 1,
      state: before?.state,
      outbox: before?.outbox ?? [],
      arrivals: before?.arrivals,
      ...change,
      handled: [...(before?.handled ?? []), ...ids],
    })
  }

  /** Writes the documents that are held, as on MongoDB: whoever has loaded one decides again. */
  async park(letters: readonly DeadLetter[]): Promise<readonly DeadLetter[]> {
    const parked = this.database.letters.park(letters)
    for (const letter of parked) if (letter.record.key !== null && holdsKey(letter)) this.write(letter.record.key, [])
    return parked
  }

  async discard(letter: DeadLetter): Promise<void> {
    const { key } = letter.record
    const event = handledBy(letter)
    if (key !== null && event !== undefined) {
      const handled = new Set(this.database.documents.get(key)?.handled)
      this.write(key, isHandled(handled, event) ? [] : [handledAs(event)])
    }
    this.database.letters.remove(letter)
  }

  async release(letter: DeadLetter): Promise<void> {
    this.database.letters.remove(letter)
    this.#listener()
  }

  async letters(query: LetterQuery): Promise<readonly DeadLetter[]> {
    return this.database.letters.find(query)
  }

  async letterCounts() {
    return this.database.letters.counts()
  }

  async failedAgain(letter: DeadLetter): Promise<void> {
    this.database.letters.update(letter)
  }

  async pending(limit: number): Promise<readonly Stored[]> {
    const found: Stored[] = []
    const { letters, documents } = this.database
    for (const [key, { outbox }] of documents)
      for (const message of letters.blocks(key) ? [] : outbox) if (found.length < limit) found.push({ message, at: message.key })
    return found
  }

  async forget(sent: readonly Stored[]): Promise<void> {
    for (const [key, messages] of byKey(sent.map((s) => s.message))) {
      const entry = this.database.documents.get(key)
      const ids = new Set(messages.map((m) => m.id))
      if (entry) this.database.documents.set(key, { ...entry, outbox: entry.outbox.filter((m) => !ids.has(m.id)) })
    }
  }

  onStored(listener: () => void): void {
    this.#listener = listener
  }

  async backlog(): Promise<Backlog> {
    return backlogOf([...this.database.documents.values()].flatMap((e) => e.outbox))
  }

  isTransient(): boolean {
    return false
  }

  async ping(): Promise<void> {}
}

export const backlogOf = (outbox: readonly Message[]): Backlog => {
  const oldest = outbox.reduce((min, m) => Math.min(min, Date.parse(m.at)), Number.POSITIVE_INFINITY)
  return { count: outbox.length, oldestMs: outbox.length === 0 ? 0 : Math.max(0, nowMs() - oldest) }
}

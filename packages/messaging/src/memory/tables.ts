import { handledAs, isHandled, type Sorted, sortBatch } from '../batch.ts'
import { type DeadLetter, doubtedLetter, handledBy } from '../dead-letter.ts'
import type { Message } from '../message.ts'
import type { Backlog, LetterQuery, MessageStore, Outcome, React, Stored } from '../store.ts'
import { carryOut, trusted } from '../suspicion.ts'
import { type Arranged, type Arrivals, arrange, type Doubted, Needs, type NeedsByType, noArrivals, nobody } from '../waiting.ts'
import { MemoryLetters } from './letters.ts'
import { backlogOf } from './store.ts'

/** What several stores share to be the store of one service in several processes: tables of rows by their key, inbox and outbox. */
export class MemoryTables {
  readonly rows = new Map<string, Map<string, unknown>>()
  /** By `handledAs`. */
  readonly inbox = new Set<string>()
  /** By key. */
  readonly arrivals = new Map<string, Arrivals>()
  readonly letters = new MemoryLetters()
  outbox: Message[] = []
  /** Counts the transactions. */
  version = 0

  table<Row>(name: string): Map<string, Row> {
    let table = this.rows.get(name)
    if (table === undefined) {
      table = new Map()
      this.rows.set(name, table)
    }
    return table as Map<string, Row>
  }
}

/** One transaction: its own writes over what was committed when it began. */
export class MemoryTransaction {
  readonly #tables: MemoryTables
  readonly #written = new Map<string, Map<string, unknown>>()

  constructor(tables: MemoryTables) {
    this.#tables = tables
  }

  get<Row>(table: string, key: string): Row | undefined {
    return (this.#written.get(table)?.get(key) ?? this.#tables.table(table).get(key)) as Row | undefined
  }

  /** The rows with these keys; keys without a row are left out. */
  pick<Row>(table: string, keys: readonly string[]): Map<string, Row> {
    const found = new Map<string, Row>()
    for (const key of keys) {
      const row = this.get<Row>(table, key)
      if (row !== undefined) found.set(key, row)
    }
    return found
  }

  set<Row>(table: string, key: string, row: Row): void {
    let rows = this.#written.get(table)
    if (rows === undefined) {
      rows = new Map()
      this.#written.set(table, rows)
    }
    rows.set(key, row)
  }

  /** Writes to the tables what this transaction has written. */
  apply(): void {
    for (const [name, rows] of this.#written) {
      const table = this.#tables.table(name)
      for (const [key, row] of rows) table.set(key, row)
    }
  }
}

const conflictsMax = 100

/**
 * The contract in memory for services with tables, as on PostgreSQL. Where that one makes a transaction wait for the rows of another
 * one, this one runs it again: any commit in between counts as a conflict.
 */
export class MemoryTablesStore implements MessageStore<MemoryTransaction> {
  protected readonly tables: MemoryTables
  #listener: () => void = () => {}
  #needs = new Needs()

  constructor(tables: MemoryTables = new MemoryTables()) {
    this.tables = tables
  }

  waitFor(needs: NeedsByType): void {
    this.#needs = new Needs(needs)
  }

  handleOnce(batch: readonly Message[], react: React<MemoryTransaction>): Promise<Outcome> {
    return this.#handle(() => this.sort(batch), react)
  }

  async handleParked(letter: DeadLetter, message: Message, react: React<MemoryTransaction>): Promise<Outcome> {
    const isFresh = () => this.tables.letters.has(letter) && !isHandled(this.tables.inbox, message)
    const sort = () => (isFresh() ? { fresh: [message], held: [], duplicates: 0 } : { fresh: [], held: [], duplicates: 1 })
    const outcome = await this.#handle(sort, react)
    const doubt = outcome.suspicious.find((s) => s.message === message)
    if (doubt === undefined) this.tables.letters.remove(letter)
    else this.tables.letters.update(doubtedLetter(letter, doubt.reason))
    return outcome
  }

  async #handle(sort: () => Sorted, react: React<MemoryTransaction>): Promise<Outcome> {
    let doubted = nobody
    for (let attempt = 0; attempt < conflictsMax; attempt++) {
      const { version } = this.tables
      const { fresh, held, duplicates } = sort()
      const work = new MemoryTransaction(this.tables)
      const arranged = this.arrange(fresh, (key) => this.tables.arrivals.get(key) ?? noArrivals, doubted)
      const { emit, suspicious, again } = await carryOut(arranged, doubted, (due, doubt) => react(work, due, doubt))
      if (!this.isUnchanged(version)) continue
      if (again !== undefined) {
        doubted = again
        continue
      }
      const handled = trusted(fresh, suspicious)
      for (const { message } of suspicious) this.tables.inbox.delete(handledAs(message))
      if (fresh.length > 0) await this.commit(work, handled, emit, arranged.arrivals)
      if (emit.length > 0) this.#listener()
      return { handled: handled.length, duplicates, held, suspicious }
    }
    throw new Error(`gave up after ${conflictsMax} conflicting transactions`)
  }

  protected sort(batch: readonly Message[]): Sorted {
    return sortBatch(batch, this.tables.inbox, (key) => this.tables.letters.holds(key))
  }

  protected arrange(fresh: readonly Message[], arrivalsOf: (key: string) => Arrivals, doubted: Doubted): Arranged {
    return arrange(fresh, this.#needs, arrivalsOf, doubted)
  }

  /** True when nothing was committed since the transaction began. */
  protected isUnchanged(version: number): boolean {
    return this.tables.version === version
  }

  /** Writes rows, handled ids, outgoing and waiting messages: all before its first await. @throws Error when an id is in the inbox already. */
  protected async commit(
    work: MemoryTransaction,
    fresh: readonly Message[],
    emit: readonly Message[],
    arrivals: Arranged['arrivals'],
  ): Promise<void> {
    const twice = fresh.find((m, i) => isHandled(this.tables.inbox, m) || fresh.indexOf(m) !== i)
    if (twice) throw new Error(`the inbox has ${twice.id} already`)
    this.tables.version++
    for (const m of fresh) this.tables.inbox.add(handledAs(m))
    work.apply()
    for (const [key, kept] of arrivals) this.tables.arrivals.set(key, kept)
    this.tables.outbox.push(...emit)
  }

  async park(letters: readonly DeadLetter[]): Promise<readonly DeadLetter[]> {
    return this.tables.letters.park(letters)
  }

  async discard(letter: DeadLetter): Promise<void> {
    const handled = handledBy(letter)
    if (handled !== undefined) this.tables.inbox.add(handledAs(handled))
    this.tables.letters.remove(letter)
  }

  async release(letter: DeadLetter): Promise<void> {
    this.tables.letters.remove(letter)
    this.#listener()
  }

  async letters(query: LetterQuery): Promise<readonly DeadLetter[]> {
    return this.tables.letters.find(query)
  }

  async letterCounts() {
    return this.tables.letters.counts()
  }

  async failedAgain(letter: DeadLetter): Promise<void> {
    this.tables.letters.update(letter)
  }

  async pending(limit: number): Promise<readonly Stored[]> {
    const { letters, outbox } = this.tables
    const free = outbox.filter(({ key }) => !letters.blocks(key))
    return free.slice(0, limit).map((message) => ({ message, at: message.id }))
  }

  async forget(sent: readonly Stored[]): Promise<void> {
    const ids = new Set(sent.map((s) => s.message.id))
    this.tables.outbox = this.tables.outbox.filter((m) => !ids.has(m.id))
  }

  onStored(listener: () => void): void {
    this.#listener = listener
  }

  async backlog(): Promise<Backlog> {
    return backlogOf(this.tables.outbox)
  }

  isTransient(): boolean {
    return false
  }

  async ping(): Promise<void> {}
}

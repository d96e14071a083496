import type { Backlog, DeadLetter, LetterQuery, Message, NeedsByType, Outcome, React, Stored } from '@shop/messaging/driver'
import {
  arrange,
  assertOwnKeys,
  type Decided,
  type DocumentStore,
  Documents,
  distinct,
  holdsKey,
  Needs,
  type NewDocument,
  sortBatch,
} from '@shop/messaging/driver'
import type { Connection, Model, mongo } from 'mongoose'
import { type Change, changedDocuments } from './change.ts'
import { MongoDeadLetters } from './dead-letters.ts'
import type { MessageDocument } from './document.ts'
import { MongoOutbox, toEntry } from './outbox.ts'
import { RecentDocuments } from './recent.ts'
import { isTransientMongoError } from './transient.ts'
import { arrivalsIn, type Upgrade, upgraded } from './waiting.ts'
import { DocumentWriter } from './writing.ts'

const conflictsMax = 50

/**
 * The contract on MongoDB without transactions: one atomic write of one document per key, guarded by the version that it follows.
 * When another process was faster, the documents are loaded and decided again; what is stored by then is dropped as handled.
 */
export class MongoMessageStore<State> implements DocumentStore<State> {
  readonly #db: mongo.Db
  readonly #collection: mongo.Collection<MessageDocument<State>>
  readonly #writer: DocumentWriter<MessageDocument<State>>
  readonly #outbox: MongoOutbox<State>
  readonly #letters: MongoDeadLetters
  readonly #recent = new RecentDocuments<State>()
  readonly #upgrade: Upgrade<State> | undefined
  #listener: () => void = () => {}
  #needs = new Needs()

  /** @param upgrade reads states of an earlier release; default: there are none. */
  constructor(connection: Connection, model: Model<MessageDocument<State>>, upgrade?: Upgrade<State>) {
    const { db } = connection
    if (!db) throw new Error('MongoMessageStore needs a connection that is open')
    // The driver's own collection: states come from typed deciders, so casting each write by a schema would only cost time.
    this.#db = db
    this.#upgrade = upgrade
    this.#collection = db.collection<MessageDocument<State>>(model.collection.collectionName)
    this.#writer = new DocumentWriter(db, model.collection.collectionName)
    this.#letters = new MongoDeadLetters(db)
    this.#outbox = new MongoOutbox(this.#collection, db.collection('leases'), () => this.#letters.blocked())
  }

  waitFor(needs: NeedsByType): void {
    this.#needs = new Needs(needs)
  }

  async handleOnce(batch: readonly Message[], react: React<Documents<State>>): Promise<Outcome> {
    const keys = distinct(batch.map((m) => m.key))
    let outcome: Outcome = { handled: 0, duplicates: 0, held: [] }
    const attempted = new Set<string>()
    const own = new Set<string>()
    await this.#change(
      keys,
      async (work, loaded, tried) => {
        // Decided again after a conflict: what this call has written by then is not a duplicate but its own.
        for (const { _id, version, handled } of loaded)
          if (tried.get(_id)?.version === version) for (const id of handled) if (attempted.has(id)) own.add(id)
        const holding = new Set(loaded.flatMap((d) => (d.parked?.length ? d._id : [])))
        const { fresh, held } = sortBatch(batch, new Set(loaded.flatMap((d) => d.handled)), (key) => holding.has(key))
        const done = new Set([...fresh.map((m) => m.id), ...batch.flatMap((m) => (own.has(m.id) ? m.id : []))]).size
        for (const { id } of fresh) attempted.add(id)
        outcome = { handled: done, duplicates: batch.length - done - held.length, held }
        return await this.#carryOut(work, loaded, fresh, react)
      },
      // Each key gets at least a handled id, so what was guessed of it is checked by a write.
      this.#recent.guess(keys),
    )
    return outcome
  }

  /** Hands over what is due, and keeps what has to wait. */
  async #carryOut(
    work: Documents<State>,
    loaded: readonly MessageDocument<State>[],
    fresh: readonly Message[],
    react: React<Documents<State>>,
  ): Promise<Change> {
    const before = new Map(loaded.map((d) => [d._id, d]))
    const { due, arrivals } = arrange(fresh, this.#needs, (key) => arrivalsIn(before.get(key)))
    return { fresh, arrivals, emit: due.length === 0 ? [] : await react(work, due) }
  }

  /**
   * The document that holds the key is written first, then what the letter says: when the process is killed between the two, the record
   * comes again, and is told by its document that it belongs here.
   */
  async park(letters: readonly DeadLetter[]): Promise<readonly DeadLetter[]> {
    const holding = letters.filter(holdsKey)
    const refused = new Set<string>()
    await this.#change(distinct(holding.flatMap((l) => l.record.key ?? [])), async (_work, loaded) => {
      const parked = new Map(loaded.map((d) => [d._id, d.parked ?? []]))
      refused.clear()
      for (const { id, record, failure } of holding) {
        const key = record.key ?? ''
        const before = parked.get(key) ?? []
        if (failure.kind === 'held' && before.length === 0) refused.add(id)
        else if (!before.includes(id)) parked.set(key, [...before, id])
      }
      return { fresh: [], emit: [], parked }
    })
    const parked = await this.#letters.add(letters.filter((l) => !refused.has(l.id)))
    if (parked.some(({ failure }) => failure.kind === 'unsendable')) this.#outbox.lookForBlocked()
    return parked
  }

  async handleParked(letter: DeadLetter, message: Message, react: React<Documents<State>>): Promise<Outcome> {
    let outcome: Outcome | undefined
    await this.#change([message.key], async (work, [document]) => {
      const fresh = document?.handled.includes(message.id) ? [] : [message]
      outcome ??= { handled: fresh.length, duplicates: 1 - fresh.length, held: [] }
      const loaded = document === undefined ? [] : [document]
      return { ...(await this.#carryOut(work, loaded, fresh, react)), parked: without(letter, document) }
    })
    await this.#letters.remove(letter)
    return outcome ?? { handled: 0, duplicates: 0, held: [] }
  }

  async discard(letter: DeadLetter): Promise<void> {
    const { record, failure } = letter
    if (record.key !== null && holdsKey(letter)) {
      const done = failure.eventId === undefined ? [] : [{ id: failure.eventId, key: record.key } as Message]
      await this.#change([record.key], async (_work, [document]) => ({
        fresh: done.filter((m) => !document?.handled.includes(m.id)),
        emit: [],
        parked: without(letter, document),
      }))
    }
    await this.#letters.remove(letter)
  }

  async release(letter: DeadLetter): Promise<void> {
    await this.#letters.remove(letter)
    this.#outbox.lookForBlocked()
    this.#listener()
  }

  letters(query: LetterQuery): Promise<readonly DeadLetter[]> {
    return this.#letters.find(query)
  }

  letterCounts() {
    return this.#letters.counts()
  }

  failedAgain(letter: DeadLetter): Promise<void> {
    return this.#letters.update(letter)
  }

  async change<R>(key: string, decide: (state: State | undefined) => Decided<State, R>): Promise<R> {
    let result: R | undefined
    await this.#change([key], async (work) => {
      const before = work.get(key)
      const decision = decide(before)
      result = decision.result
      if (decision.state !== undefined && decision.state !== before) work.set(key, decision.state)
      return { fresh: [], emit: decision.emit }
    })
    return result as R
  }

  async create(documents: readonly NewDocument<State>[]): Promise<ReadonlySet<string>> {
    const created = documents.map(
      ({ key, state, emit }): MessageDocument<State> => ({ _id: key, version: 1, state, handled: [], outbox: emit.map(toEntry) }),
    )
    const refused = await this.#writer.insert(created).catch((error) => {
      this.#outbox.unsure()
      throw error
    })
    const stored = created.filter((_, index) => !refused.has(index))
    this.#recent.written(stored)
    this.#toRelay(stored)
    return new Set([...refused].map((index) => documents[index]?.key ?? ''))
  }

  /** @param guessed what the documents are believed to be; without it they are loaded, as they are after a conflict. */
  async #change(
    keys: readonly string[],
    decide: (
      work: Documents<State>,
      loaded: readonly MessageDocument<State>[],
      /** What the attempt before tried to write: some of it may have been. */
      tried: ReadonlyMap<string, MessageDocument<State>>,
    ) => Promise<Change>,
    guessed?: readonly MessageDocument<State>[],
  ): Promise<void> {
    if (keys.length === 0) return
    let tried: ReadonlyMap<string, MessageDocument<State>> = new Map()
    for (let attempt = 0; attempt < conflictsMax; attempt++) {
      const loaded = (attempt === 0 && guessed) || (await this.#load(keys))
      // Some of the last attempt's documents may have been written: what they tell is in them, and is relayed from there.
      if (attempt > 0) this.#toRelay(loaded)
      // A document may have no state yet, only ids of messages that changed nothing.
      const work = new Documents<State>(new Map(loaded.flatMap((d) => (d.state === null ? [] : [[d._id, d.state] as const]))))
      const change = await decide(work, loaded, tried)
      assertOwnKeys(change.emit, new Set(keys))
      const before = new Map(loaded.map((d) => [d._id, d]))
      const changed = changedDocuments(keys, before, work, change, (id) => this.#outbox.hasRelayed(id))
      if (changed.length === 0) return
      if (await this.#replace(changed, before)) {
        this.#recent.written(changed)
        this.#toRelay(changed)
        return
      }
      this.#recent.forget(keys)
      if (attempt === 0 && guessed) this.#recent.distrust()
      tried = new Map(changed.map((d) => [d._id, d]))
    }
    throw new Error(`gave up after ${conflictsMax} conflicting writes`)
  }

  async #load(keys: readonly string[]): Promise<MessageDocument<State>[]> {
    const found = await this.#collection.find({ _id: { $in: keys } } as object).toArray()
    const documents = found as unknown as MessageDocument<State>[]
    const upgrade = this.#upgrade
    return upgrade === undefined ? documents : documents.map((d) => upgraded(d, upgrade))
  }

  #toRelay(documents: readonly MessageDocument<State>[]): void {
    for (const d of documents) this.#outbox.stored(d._id, d.outbox)
    if (documents.some((d) => d.outbox.length > 0)) this.#listener()
  }

  /** Writes documents over the versions that they follow. @returns false when some were not written, since others had changed them. */
  async #replace(
    documents: readonly MessageDocument<State>[],
    before: ReadonlyMap<string, MessageDocument<State>>,
  ): Promise<boolean> {
    const isNew = (d: MessageDocument<State>) => !before.has(d._id)
    const known = documents.filter((d) => !isNew(d))
    try {
      const refused = await this.#writer.insert(documents.filter(isNew))
      const matched = await this.#writer.replace(known, (d) => before.get(d._id)?.version ?? 0)
      return refused.size === 0 && matched === known.length
    } catch (error) {
      // Nobody knows what was written.
      this.#recent.forget(documents.map((d) => d._id))
      this.#outbox.unsure()
      throw error
    }
  }

  pending(limit: number): Promise<readonly Stored[]> {
    return this.#outbox.pending(limit)
  }

  forget(sent: readonly Stored[]): Promise<void> {
    return this.#outbox.forget(sent)
  }

  async backlog(): Promise<Backlog> {
    return this.#outbox.backlog()
  }

  onStored(listener: () => void): void {
    this.#listener = listener
  }

  isTransient(error: unknown): boolean {
    return isTransientMongoError(error)
  }

  async ping(): Promise<void> {
    await this.#db.command({ ping: 1 }, { timeoutMS: 2_000 })
  }

  /** Writes down what has been relayed, so that the next start does not send it again. Call it after the relay has stopped. */
  close(): Promise<void> {
    return this.#outbox.close()
  }
}

const without = <State>(letter: DeadLetter, document: MessageDocument<State> | undefined) =>
  new Map(document ? [[document._id, (document.parked ?? []).filter((id) => id !== letter.id)]] : [])

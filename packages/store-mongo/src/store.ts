import type { Backlog, DeadLetter, LetterQuery, Message, NeedsByType, Outcome, React, Stored } from '@shop/messaging/driver'
import {
  assertOwnKeys,
  type Decided,
  type DocumentStore,
  Documents,
  distinct,
  doubtedLetter,
  handledBy,
  holdsKey,
  isHandled,
  Needs,
  type NewDocument,
} from '@shop/messaging/driver'
import type { Connection, Model, mongo } from 'mongoose'
import { type Change, changedDocuments } from './change.ts'
import { MongoDeadLetters } from './dead-letters.ts'
import { BatchDeciding, LetterDeciding, without } from './deciding.ts'
import type { MessageDocument } from './document.ts'
import { MongoOutbox, toEntry } from './outbox.ts'
import { RecentDocuments } from './recent.ts'
import { isTransientMongoError } from './transient.ts'
import { type Upgrade, upgraded } from './waiting.ts'
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
    const deciding = new BatchDeciding(batch, this.#needs, react)
    // Each key gets at least a handled id, so what was guessed of it is checked by a write.
    await this.#change(keys, (...attempt) => deciding.decide(...attempt), this.#recent.guess(keys))
    return deciding.outcome
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
    const deciding = new LetterDeciding(letter, message, this.#needs, react)
    await this.#change([message.key], (work, loaded) => deciding.decide(work, loaded))
    const { outcome } = deciding
    const doubt = outcome.suspicious.find((s) => s.message === message)
    if (doubt === undefined) await this.#letters.remove(letter)
    else await this.#letters.update(doubtedLetter(letter, doubt.reason))
    return outcome
  }

  async discard(letter: DeadLetter): Promise<void> {
    const { key } = letter.record
    const event = handledBy(letter)
    if (key !== null && event !== undefined) {
      const done = { ...event, key } as Message
      await this.#change([key], async (_work, [document]) => ({
        fresh: isHandled(new Set(document?.handled), done) ? [] : [done],
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
    const existing = await this.#insert(documents)
    if (existing.size === 0) return existing
    return await this.#fill(documents.filter((d) => existing.has(d.key)))
  }

  /** Documents may be there that have no state yet, only what was kept of messages. @returns the keys of those that have one. */
  async #fill(documents: readonly NewDocument<State>[]): Promise<ReadonlySet<string>> {
    const existing = new Set<string>()
    for (const { key, state, emit } of documents)
      await this.#change([key], async (work) => {
        if (work.get(key) !== undefined) {
          existing.add(key)
          return { fresh: [], emit: [] }
        }
        work.set(key, state)
        return { fresh: [], emit }
      })
    return existing
  }

  /** @returns the keys that existed already. */
  async #insert(documents: readonly NewDocument<State>[]): Promise<ReadonlySet<string>> {
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

  /**
   * @param decide `undefined`: once more, with documents loaded anew.
   * @param guessed what the documents are believed to be; without it they are loaded, as they are after a conflict.
   */
  async #change(
    keys: readonly string[],
    decide: (
      work: Documents<State>,
      loaded: readonly MessageDocument<State>[],
      /** What the attempt before tried to write: some of it may have been. */
      tried: ReadonlyMap<string, MessageDocument<State>>,
    ) => Promise<Change | undefined>,
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
      const isGuess = attempt === 0 && guessed !== undefined
      // Nothing need be written of what is doubted, so no write would show that the guess was wrong.
      if (isGuess && (change === undefined || change.suspicious?.length)) {
        this.#recent.forget(keys)
        continue
      }
      if (change === undefined) continue
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
      if (isGuess) this.#recent.distrust()
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

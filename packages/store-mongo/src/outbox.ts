import { hostname } from 'node:os'
import type { Backlog, Stored } from '@shop/messaging/driver'
import { type Message, optionalParts, restAfterSweep } from '@shop/messaging/driver'
import type { mongo } from 'mongoose'
import type { MessageDocument, StoredMessage } from './document.ts'
import { isTransientMongoError } from './transient.ts'

/** How long relayed messages may stay in their documents: most leave with the document's next write, the rest in one update. */
const forgetDelayMs = 500
/** Left-over messages are looked for this often; see `restAfterSweep`. */
const sweepIntervalMsMin = 1_000
const sweepIntervalMsMax = 10_000
/** Younger messages are still on their way through the process that stored them. */
const leftOverAgeMs = 3_000
const leaseMs = 5_000
/** The clocks of two machines may differ by some seconds. */
const leaseFromNowMsMax = 2 * leaseMs
/** While keys are held back: another process may have let one go. */
const blockedIntervalMs = 1_000
/** Ids known to have been relayed, so that a document read before they were forgotten does not bring them back. */
const relayedIdsMax = 20_000

interface Lease {
  _id: string
  holder: string
  until: Date
}

export const toEntry = (m: Message): StoredMessage => ({
  id: m.id,
  ...(m.source === undefined ? {} : { source: m.source }),
  ...(m.recordPosition === undefined ? {} : { recordPosition: m.recordPosition }),
  type: m.type,
  at: m.at,
  correlationId: m.correlationId,
  ...optionalParts(m),
  data: JSON.stringify(m.data),
})

/**
 * The outgoing messages inside the documents. A process relays what it stored itself, from memory, and always all that a document still
 * has, oldest first: a later message of a key can never overtake an earlier one, whoever stored it. What a killed process left behind is
 * found by a sweep over the index, by one process at a time (a lease).
 */
export class MongoOutbox<State> {
  readonly #collection: mongo.Collection<MessageDocument<State>>
  readonly #leases: mongo.Collection<Lease>
  readonly #holder = `${hostname()}:${process.pid}:${Math.random().toString(36).slice(2)}`
  /** By key; the key whose first one was stored longest ago comes first. */
  readonly #unsent = new Map<string, readonly StoredMessage[]>()
  #unsentCount = 0
  readonly #relayed = new Set<string>()
  /** Relayed, but perhaps still in their documents: id → key. */
  readonly #toForget = new Map<string, string>()
  #forgetAt = 0
  #sweepAt = 0
  /** Whether left-over messages may be this process's own, which no other one takes: as it starts, and after a write that failed. */
  #takesAll = true
  #unsureAt = 0
  readonly #askBlocked: () => Promise<ReadonlySet<string>>
  /** Keys whose oldest message the broker does not take. Another process finds that out by itself: it relays the oldest one first. */
  #blocked: ReadonlySet<string> = new Set()
  #blockedAt = Number.NEGATIVE_INFINITY

  /** @param askBlocked which keys are to be left alone. */
  constructor(
    collection: mongo.Collection<MessageDocument<State>>,
    leases: mongo.Collection<Lease>,
    askBlocked: () => Promise<ReadonlySet<string>>,
  ) {
    this.#collection = collection
    this.#leases = leases
    this.#askBlocked = askBlocked
  }

  /** Notes what a document carries, as it was written or read. */
  stored(key: string, entries: readonly StoredMessage[]): void {
    const known = this.#unsent.get(key) ?? []
    const unsent = entries.filter((e) => !this.#relayed.has(e.id))
    // One that was read before the last write brings nothing new, and lacks what was added.
    if (unsent.some((e) => !known.some(({ id }) => id === e.id))) this.#setUnsent(key, unsent)
  }

  /** A write failed, and perhaps was done all the same: what it stored is looked for before the next messages are relayed. */
  unsure(): void {
    this.#takesAll = true
    this.#unsureAt = performance.now()
    this.#sweepAt = 0
  }

  #setUnsent(key: string, entries: readonly StoredMessage[]): void {
    this.#unsentCount += entries.length - (this.#unsent.get(key)?.length ?? 0)
    if (entries.length === 0) this.#unsent.delete(key)
    else this.#unsent.set(key, entries)
  }

  hasRelayed(id: string): boolean {
    return this.#relayed.has(id)
  }

  async pending(limit: number): Promise<readonly Stored[]> {
    if (performance.now() >= this.#sweepAt) await this.#sweep(limit)
    if (this.#toForget.size > 0 && performance.now() >= this.#forgetAt) await this.#writeForgotten()
    await this.#findBlocked()
    const found: Stored[] = []
    for (const [key, entries] of this.#unsent) {
      if (this.#blocked.has(key)) continue
      // A document's messages go together, or those behind the limit could be read again before the first are forgotten.
      for (const e of entries) found.push({ message: toMessage(e, key), at: key })
      if (found.length >= limit) break
    }
    return found
  }

  /** Says that a letter of an outgoing message came or went in this process. */
  lookForBlocked(): void {
    this.#blockedAt = Number.NEGATIVE_INFINITY
  }

  /** Asks once, and while there are some. */
  async #findBlocked(): Promise<void> {
    const now = performance.now()
    const isKnown = this.#blockedAt > Number.NEGATIVE_INFINITY && this.#blocked.size === 0
    if (isKnown || now - this.#blockedAt < blockedIntervalMs) return
    this.#blocked = await this.#askBlocked()
    this.#blockedAt = now
  }

  async forget(sent: readonly Stored[]): Promise<void> {
    if (this.#toForget.size === 0) this.#forgetAt = performance.now() + forgetDelayMs
    for (const { message } of sent) {
      this.#relayed.add(message.id)
      this.#toForget.set(message.id, message.key)
    }
    for (const key of new Set(sent.map((s) => s.message.key))) {
      this.#setUnsent(key, this.#unsent.get(key)?.filter((e) => !this.#relayed.has(e.id)) ?? [])
    }
    this.#dropOldRelayedIds()
  }

  async backlog(): Promise<Backlog> {
    const [oldest] = this.#unsent.values().next().value ?? []
    return { count: this.#unsentCount, oldestMs: oldest === undefined ? 0 : Math.max(0, Date.now() - Date.parse(oldest.at)) }
  }

  async close(): Promise<void> {
    if (this.#toForget.size > 0) await this.#writeForgotten()
    await this.#leases.deleteOne({ _id: this.#lease, holder: this.#holder })
  }

  get #lease(): string {
    return `relay:${this.#collection.collectionName}`
  }

  async #writeForgotten(): Promise<void> {
    const forgotten = [...this.#toForget]
    const ids = forgotten.map(([id]) => id)
    const keys = [...new Set(forgotten.map(([, key]) => key))]
    await this.#collection.updateMany({ _id: { $in: keys } } as object, { $pull: { outbox: { id: { $in: ids } } } } as object)
    for (const id of ids) this.#toForget.delete(id)
  }

  /** Takes over what is left in documents that no process is relaying; a lease is asked for where only another process can have left it. */
  async #sweep(limit: number): Promise<void> {
    const begunAt = performance.now()
    const takesAll = this.#takesAll
    if (takesAll || (await this.#holdsLease())) {
      const before = takesAll ? Number.POSITIVE_INFINITY : Date.now() - leftOverAgeMs
      const found = (await this.#collection
        .find({ 'outbox.id': { $gt: '' } } as object, { projection: { outbox: 1 }, sort: { 'outbox.id': 1 }, limit: limit * 4 })
        .toArray()) as unknown as Pick<MessageDocument<State>, '_id' | 'outbox'>[]
      for (const d of found) {
        if (Date.parse(d.outbox[0]?.at ?? '') > before) continue
        this.stored(d._id, d.outbox)
        for (const e of d.outbox) if (this.#relayed.has(e.id)) this.#toForget.set(e.id, d._id)
      }
      if (this.#unsureAt < begunAt) this.#takesAll = found.length >= limit * 4
    }
    this.#sweepAt = performance.now() + restAfterSweep(performance.now() - begunAt, sweepIntervalMsMin, sweepIntervalMsMax)
  }

  async #holdsLease(): Promise<boolean> {
    const now = new Date()
    const until = new Date(now.getTime() + leaseMs)
    // Nobody leases for so long: the clock has been set back since. Two who relay the same message tell it twice, which is allowed.
    const fromOtherTime = { until: { $gt: new Date(now.getTime() + leaseFromNowMsMax) } }
    try {
      const lease = await this.#leases.findOneAndUpdate(
        { _id: this.#lease, $or: [{ holder: this.#holder }, { until: { $lt: now } }, fromOtherTime] },
        { $set: { holder: this.#holder, until } },
        { upsert: true, returnDocument: 'after' },
      )
      return lease?.holder === this.#holder
    } catch (error) {
      // The insert met the lease of another holder.
      if ((error as { code?: number }).code === 11000) return false
      if (isTransientMongoError(error)) throw error
      throw new Error(`cannot take the lease ${this.#lease}`, { cause: error })
    }
  }

  #dropOldRelayedIds(): void {
    for (const id of this.#relayed) {
      if (this.#relayed.size <= relayedIdsMax) break
      if (!this.#toForget.has(id)) this.#relayed.delete(id)
      else break
    }
  }
}

export const toMessage = (e: StoredMessage, key: string): Message => ({
  id: e.id,
  ...(e.source === undefined ? {} : { source: e.source }),
  ...(e.recordPosition === undefined ? {} : { recordPosition: e.recordPosition }),
  type: e.type,
  key,
  at: e.at,
  correlationId: e.correlationId,
  ...optionalParts(e),
  data: JSON.parse(e.data),
})

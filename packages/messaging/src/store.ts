import type { DeadLetter, Failure } from './dead-letter.ts'
import type { Message } from './message.ts'
import type { Doubt, Suspicious } from './suspicion.ts'
import type { NeedsByType } from './waiting.ts'

/** A stored outgoing message and where it is stored; `at` is opaque to all but its store. */
export interface Stored {
  readonly message: Message
  readonly at: unknown
}

export interface Outcome {
  /** Messages whose effects are durable through this call. */
  readonly handled: number
  /** Messages dropped because they had been handled (by source and id), or stood in the batch already. */
  readonly duplicates: number
  /** Messages whose key is held by a dead letter, in order. Nothing was done with them: they are to be parked, too. */
  readonly held: readonly Message[]
  /**
   * Messages that the reactions doubted, in order. They were not carried out and do not count as handled: they are to be parked as
   * `suspicious`. One that had waited for another may be among them, though it is not of this batch.
   */
  readonly suspicious: readonly Suspicious[]
}

/**
 * What a service does with messages that it has not handled yet: reads and writes through `work` and returns what is to be told. `M` is
 * what comes in, as the service's own types have it (`onDecoded`). It does nothing of a message that it doubts, but for what it may
 * remember of the doubt. May run more than once for the same messages (after a conflict, with fresh work), so it keeps no effect outside `work`.
 */
export type React<Work, M extends Message = Message> = (
  work: Work,
  fresh: readonly M[],
  doubt: Doubt,
) => Promise<readonly Message[]>

export interface Backlog {
  /** Stored outgoing messages that the broker does not have yet. */
  readonly count: number
  /** Age of the oldest one in milliseconds; 0 when there is none. */
  readonly oldestMs: number
}

export interface LetterQuery {
  readonly id?: string | undefined
  readonly key?: string | undefined
  readonly kind?: Failure['kind'] | undefined
  /** Without what may be large: values are null then, and of unusual or many headers there are few. Default: whole. */
  readonly brief?: boolean | undefined
  readonly limit: number
}

/**
 * Records that a service set aside, in its own database. A letter of a failed message holds its key: what comes later for that key is
 * set aside behind it, until the letters have been handled or discarded one by one, oldest first. Undecodable and suspicious ones hold none.
 * An `unsendable` one is of an outgoing message, which stays stored: it holds back what is to be told of its key, not what comes in.
 */
export interface DeadLetterStore<Work> {
  /**
   * Sets letters aside, in order, all or none; a record that is there already stays as it is. A `held` one is set aside only while its key
   * is held. Key, value and headers are kept as the bytes that they are, up to 16 MiB in all.
   * @returns the letters as they are stored; those missing are to be handled instead, their key is no longer held.
   */
  park(letters: readonly DeadLetter[]): Promise<readonly DeadLetter[]>
  /** Oldest first, per key in the order in which they were set aside. */
  letters(query: LetterQuery): Promise<readonly DeadLetter[]>
  /** How many there are, by kind. */
  letterCounts(): Promise<Readonly<Record<Failure['kind'], number>>>
  /**
   * Handles the letter's message through the inbox, whether or not its key is held, and the letter leaves with it: both or neither. When
   * the message is suspicious, the letter stays as one that is, and holds its key no longer.
   * @throws whatever `react` throws, and database errors.
   */
  handleParked(letter: DeadLetter, message: Message, react: React<Work>): Promise<Outcome>
  /** Writes down one more attempt that failed. */
  failedAgain(letter: DeadLetter): Promise<void>
  /** The letter leaves without effect. Its event counts as handled from then on, when it held its key. */
  discard(letter: DeadLetter): Promise<void>
  /** The letter of an outgoing message leaves: the message and those behind it are to be relayed again. */
  release(letter: DeadLetter): Promise<void>
}

/**
 * State, handled ids and outgoing messages of one service, in its own database. `Work` is the database's native handle.
 * One conformance suite (`conformance/`) holds every implementation to what is said here.
 */
export interface MessageStore<Work> extends DeadLetterStore<Work> {
  /**
   * Says, before the first message, which types wait for which others of their key. From then on a message that comes before what it needs
   * is kept with the service's state instead of being handed to `react`: its id counts as handled. It is handed over right behind the last
   * one that it needs, in the same transaction, whichever process and batch that comes to, at whatever time. Default: none waits.
   * @throws Error when a needed type is to wait itself.
   */
  waitFor(needs: NeedsByType): void
  /**
   * Handles each not yet handled message of the batch, in order: its effects, its id and what it emits become durable together,
   * or not at all. Messages of a key that a dead letter holds are left alone and named in the outcome. Bounded by the caller: at most
   * a few hundred messages.
   * @throws whatever `react` throws, and database errors; nothing of the batch is stored then.
   */
  handleOnce(batch: readonly Message[], react: React<Work>): Promise<Outcome>
  /**
   * The oldest stored outgoing messages that this process is to relay, per key in the order in which they were stored. A process that
   * is not the service's relay gets none, or only what it stored itself. Keys with an `unsendable` letter are left out, soon after it was
   * set aside in another process, at once in this one.
   */
  pending(limit: number): Promise<readonly Stored[]>
  /** Forgets relayed messages; only after the broker has acknowledged them. Forgetting twice is harmless. */
  forget(sent: readonly Stored[]): Promise<void>
  /** Calls `listener` after each commit in this process that stored outgoing messages. One listener; a later one replaces it. */
  onStored(listener: () => void): void
  backlog(): Promise<Backlog>
  /** True for faults that pass when the database is back or less contended (connection lost, deadlock, shutdown): retry, never dead-letter. */
  isTransient(error: unknown): boolean
  /** Rejects when the database cannot be reached within 2 s. */
  ping(): Promise<void>
}

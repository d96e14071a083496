import type { Message } from './message.ts'

/** A stored outgoing message and where it is stored; `at` is opaque to all but its store. */
export interface Stored {
  readonly message: Message
  readonly at: unknown
}

export interface Outcome {
  /** Messages whose effects are durable through this call. */
  readonly handled: number
  /** Messages dropped because their id had been handled, or stood in the batch already. */
  readonly duplicates: number
}

/**
 * What a service does with messages that it has not handled yet: reads and writes through `work` and returns what is to be told.
 * May run more than once for the same messages (after a conflict, with fresh work), so it keeps no effect outside `work`.
 */
export type React<Work> = (work: Work, fresh: readonly Message[]) => Promise<readonly Message[]>

export interface Backlog {
  /** Stored outgoing messages that the broker does not have yet. */
  readonly count: number
  /** Age of the oldest one in milliseconds; 0 when there is none. */
  readonly oldestMs: number
}

/**
 * State, handled ids and outgoing messages of one service, in its own database. `Work` is the database's native handle.
 * One conformance suite (`testing/`) holds every implementation to what is said here.
 */
export interface MessageStore<Work> {
  /**
   * Handles each not yet handled message of the batch, in order: its effects, its id and what it emits become durable together,
   * or not at all. Bounded by the caller: at most a few hundred messages.
   * @throws whatever `react` throws, and database errors; nothing of the batch is stored then.
   */
  handleOnce(batch: readonly Message[], react: React<Work>): Promise<Outcome>
  /**
   * The oldest stored outgoing messages that this process is to relay, per key in the order in which they were stored. A process that
   * is not the service's relay gets none, or only what it stored itself.
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

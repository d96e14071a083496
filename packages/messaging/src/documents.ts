import type { Message } from './message.ts'
import type { MessageStore } from './store.ts'

/** The states of the documents that a batch is about, one per key. Changes are written back together with the handled ids. */
export class Documents<State> {
  readonly #states: Map<string, State>

  constructor(states: Map<string, State>) {
    this.#states = states
  }

  /** The state as it is after the changes made so far, or `undefined` when there is none yet. */
  get(key: string): State | undefined {
    return this.#states.get(key)
  }

  set(key: string, state: State): void {
    this.#states.set(key, state)
  }
}

/** @throws Error when `outgoing` has a message that belongs to no document of the batch: it could not be stored atomically. */
export const assertOwnKeys = (outgoing: readonly Message[], keys: { has(key: string): boolean }): void => {
  const stray = outgoing.find((m) => !keys.has(m.key))
  if (stray) throw new Error(`${stray.type} has key ${stray.key}, but only documents of the batch can carry outgoing messages`)
}

/** A new document and what is told with it. */
export interface NewDocument<State> {
  readonly key: string
  readonly state: State
  readonly emit: readonly Message[]
}

/** What a command decides. `undefined` or the same state without messages writes nothing. */
export interface Decided<State, R> {
  readonly state?: State | undefined
  readonly emit: readonly Message[]
  readonly result: R
}

/** A message store of documents, which commands can change as well. */
export interface DocumentStore<State> extends MessageStore<Documents<State>> {
  /**
   * Changes one document by a command. `decide` gets the state, `undefined` when there is no such document, and returns the state
   * after it. It runs again when another write came between.
   */
  change<R>(key: string, decide: (state: State | undefined) => Decided<State, R>): Promise<R>
  /** Stores new documents and what is told with them. @returns the keys that existed already; nothing is changed for them. */
  create(documents: readonly NewDocument<State>[]): Promise<ReadonlySet<string>>
}

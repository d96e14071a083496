import type { Message } from './message.ts'

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

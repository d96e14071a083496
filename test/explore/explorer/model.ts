/** A state: numbers, each of which stands for one part of it. Equal states are equal numbers. */
export type State = Uint32Array

/** Takes one step's outcome; `next` may be used again by the caller, so it is to be copied. */
export type Take = (next: State, name: string) => void

export interface Inspected {
  /** What is wrong in this state; absent when nothing is. */
  readonly wrong?: string
  /** The kind of end that this state is; absent while something is still to come. */
  readonly end?: string
}

/** What is explored: where it begins, and what can happen next in each state. Pure: a state always has the same steps, in the same order. */
export interface Model {
  /** How many numbers make a state. */
  readonly width: number
  readonly starts: readonly { readonly name: string; readonly state: State }[]
  /** Every step that leads to another state. @returns how many more there are that change nothing. */
  steps(state: State, take: Take): number
  inspect(state: State): Inspected
}

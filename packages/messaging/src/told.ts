import type { Message } from './message.ts'

/** An event as the service that told it keeps it beside its state. How it was traced on its way is not kept. */
export type Told = Omit<Message, 'key' | 'traceparent' | 'again'>

/** A state that keeps what was told because of it, so that it can be told again when the broker has lost it. */
export interface Telling {
  readonly told?: readonly Told[]
}

/** A service tells a few events of one key. More than these would answer records that nobody should have written: the first ones count. */
const toldMax = 16

/**
 * The state with what was told by this decision. A decision that makes a state anew need not take along what was told before: it is
 * taken from there.
 * @param before the state that was decided on; undefined when there was none
 */
export const keepTold = <State extends Telling>(
  state: State,
  before: Telling | undefined,
  messages: readonly Message[],
): State => {
  const known = state.told ?? before?.told ?? []
  const added = messages.map(({ key: _, traceparent: __, again: ___, ...told }): Told => told)
  const told = [...known, ...added].slice(0, toldMax)
  return told.length === (state.told?.length ?? 0) ? state : { ...state, told }
}

/** The events again, as they were: the same ids, so that whoever has handled them drops them. In the order in which they were told. */
export const toldAgain = (key: string, { told = [] }: Telling): readonly Message[] => told.map((t) => ({ ...t, key }))

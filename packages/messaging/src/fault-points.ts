/**
 * The places on a message's way at which a fault can be asked for. Between any two of them lies one step that is durable or is not.
 * - `after-receive`: decoded, nothing done yet.
 * - `before-commit`: inside the transaction, after the effects, before anything is durable.
 * - `after-commit`: effects, ids and outgoing messages are durable, nobody has been told.
 * - `before-offset-commit`: all records of the chunk are done with, their offsets are not committed.
 * - `relay-before-publish`: read from the outbox, not sent.
 * - `relay-after-publish`: the broker has them, the outbox has them still.
 * - `relay-after-mark`: the outbox has forgotten them.
 * - `http-after-store`: the command's effects are durable, its client has no answer.
 */
export const faultPoints = [
  'after-receive',
  'before-commit',
  'after-commit',
  'before-offset-commit',
  'relay-before-publish',
  'relay-after-publish',
  'relay-after-mark',
  'http-after-store',
] as const

export type FaultPoint = (typeof faultPoints)[number]

/** Asked at each fault point. May end the process, wait, or throw. A service in which nobody wants faults has none of it. */
export interface Faults {
  /** @param types of the messages that pass, and `keys` of the same ones. */
  pass(point: FaultPoint, types: readonly string[], keys: readonly string[]): Promise<void>
}

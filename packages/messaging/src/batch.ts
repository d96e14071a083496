import type { Message } from './message.ts'

/** The messages of a batch whose id is not in `handled`, each id once, in order. */
export const notYetHandled = (batch: readonly Message[], handled: { has(id: string): boolean }): Message[] => {
  const seen = new Set<string>()
  return batch.filter((m) => {
    if (seen.has(m.id) || handled.has(m.id)) return false
    seen.add(m.id)
    return true
  })
}

export interface Sorted {
  readonly fresh: readonly Message[]
  readonly held: readonly Message[]
  readonly duplicates: number
}

/** Sorts a batch into what is to be handled, what waits behind a dead letter of its key, and how many are there already. */
export const sortBatch = (
  batch: readonly Message[],
  handled: { has(id: string): boolean },
  isHeld: (key: string) => boolean,
): Sorted => {
  const unhandled = notYetHandled(batch, handled)
  const held = unhandled.filter((m) => isHeld(m.key))
  const fresh = held.length === 0 ? unhandled : unhandled.filter((m) => !isHeld(m.key))
  return { fresh, held, duplicates: batch.length - unhandled.length }
}

export const distinct = <T>(items: Iterable<T>): T[] => [...new Set(items)]

/** Groups by key; each group keeps the order of the list. */
export const byKey = <T extends { readonly key: string }>(items: readonly T[]): Map<string, T[]> =>
  Map.groupBy(items, (i) => i.key)

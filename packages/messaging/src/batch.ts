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

export const distinct = <T>(items: Iterable<T>): T[] => [...new Set(items)]

/** Groups by key; each group keeps the order of the list. */
export const byKey = <T extends { readonly key: string }>(items: readonly T[]): Map<string, T[]> =>
  Map.groupBy(items, (i) => i.key)

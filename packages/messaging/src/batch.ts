import type { Message } from './message.ts'

type Named = Pick<Message, 'id' | 'source'>

/** What a message is handled under: its id and its source. An id of another owner uses up nothing. */
export const handledAs = ({ id, source }: Named): string => (source === undefined ? id : `${id} ${source}`)

/** Ids that were handled before sources were kept stand alone: they hold for every source. */
export const isHandled = (handled: { has(as: string): boolean }, message: Named, as = handledAs(message)): boolean =>
  handled.has(message.id) || (message.source !== undefined && handled.has(as))

/** The messages of a batch that are not in `handled`, each once, in order. */
export const notYetHandled = (batch: readonly Message[], handled: { has(as: string): boolean }): Message[] => {
  const seen = new Set<string>()
  return batch.filter((m) => {
    const as = handledAs(m)
    if (seen.has(as) || isHandled(handled, m, as)) return false
    seen.add(as)
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
  handled: { has(as: string): boolean },
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

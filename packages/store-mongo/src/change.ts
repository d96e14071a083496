import type { Arranged, Documents, Message, Suspicious } from '@shop/messaging/driver'
import { byKey, handledAs } from '@shop/messaging/driver'
import type { MessageDocument } from './document.ts'
import { toEntry } from './outbox.ts'
import { keptAs, keptIn } from './waiting.ts'

/** What is to be written into the documents at hand, beside their states. */
export interface Change {
  readonly fresh: readonly Message[]
  readonly emit: readonly Message[]
  /** Those that count as not handled. None of them is among the fresh ones; one that had waited was taken for handled. Default: none. */
  readonly suspicious?: readonly Suspicious[]
  readonly arrivals?: Arranged['arrivals']
  /** By key, the letters that hold it from now on; absent keys stay as they are. */
  readonly parked?: ReadonlyMap<string, readonly string[]>
}

/**
 * So many ids a document keeps, the newest: a key of this shop has about ten messages. The same message comes again soon, from a fetch that was
 * not committed or a relay that was killed. An older one that is told again after a thousand others is decided once more, by an aggregate
 * whose state says that it has been there: see the deciders' tests. Never fewer than a batch brings.
 */
const handledIdsMax = 1_000

/**
 * The documents to write: those with handled ids, outgoing messages, other letters, or a state that is another object than before.
 * @param isRelayed says of an outgoing message that the broker has it.
 */
export const changedDocuments = <State>(
  keys: readonly string[],
  before: ReadonlyMap<string, MessageDocument<State>>,
  work: Documents<State>,
  change: Change,
  isRelayed: (id: string) => boolean,
): MessageDocument<State>[] => {
  const fresh = byKey(change.fresh)
  const told = byKey(change.emit)
  const doubted = new Set(change.suspicious?.map((s) => handledAs(s.message)))
  const handledIn = (handled: readonly string[]) => (doubted.size === 0 ? handled : handled.filter((h) => !doubted.has(h)))
  return keys.flatMap((key) => {
    const old = before.get(key)
    const state = work.get(key)
    const ids = fresh.get(key) ?? []
    const emit = told.get(key) ?? []
    const parked = change.parked?.get(key) ?? old?.parked ?? []
    const arrivals = change.arrivals?.get(key)
    const isAsBefore = (state ?? null) === (old?.state ?? null) && parked.length === (old?.parked ?? []).length
    if (ids.length === 0 && emit.length === 0 && isAsBefore) return []
    return {
      _id: key,
      version: (old?.version ?? 0) + 1,
      state: (state ?? null) as State,
      handled: [...handledIn(old?.handled ?? []), ...ids.map(handledAs)].slice(-Math.max(handledIdsMax, ids.length)),
      outbox: [...(old?.outbox ?? []).filter((e) => !isRelayed(e.id)), ...emit.map(toEntry)],
      ...(arrivals === undefined ? keptIn(old ?? {}) : keptAs(arrivals)),
      ...(parked.length === 0 ? {} : { parked }),
    }
  })
}

/**
 * Messages that wait for others of their key. Topics are independent, so what was told later may come first. Such a message is kept with
 * the service's state, and carried out in the transaction in which the last one that it needs arrives: once, as the effect of itself.
 */
import { handledAs } from './batch.ts'
import type { Message } from './message.ts'

/** Type → the types without which it cannot be carried out. A needed type waits for nothing itself. */
export type NeedsByType = ReadonlyMap<string, readonly string[]>

/** What a store keeps of one key, so that its messages can wait for each other. */
export interface Arrivals {
  /** The needed types of which a message has been carried out. */
  readonly arrived: readonly string[]
  /** Their ids are handled, they themselves are not carried out yet. In the order in which they came. */
  readonly waiting: readonly Message[]
}

export const noArrivals: Arrivals = { arrived: [], waiting: [] }

/** Who waits for whom, as a store asks. */
export class Needs {
  readonly #byType: NeedsByType
  readonly #concerning = new Map<string, ReadonlySet<string>>()
  readonly #needed: ReadonlySet<string>

  /** @throws Error when a needed type needs another one: two of them could wait for ever. */
  constructor(byType: NeedsByType = new Map()) {
    this.#byType = byType
    this.#needed = new Set([...byType.values()].flat())
    for (const type of this.#needed)
      if (byType.has(type)) throw new Error(`${type} is needed, so it cannot wait for ${byType.get(type)}`)
    for (const [type, needs] of byType)
      for (const concerned of [type, ...needs])
        this.#concerning.set(concerned, new Set([...(this.#concerning.get(concerned) ?? []), ...needs]))
  }

  isNeeded(type: string): boolean {
    return this.#needed.has(type)
  }

  /** The first type that is missing for a message; `undefined` when it can be carried out. */
  missing(type: string, arrived: readonly string[]): string | undefined {
    return this.#byType.get(type)?.find((need) => !arrived.includes(need))
  }

  /** The needed types whose arrival has to be known when a message of this type comes; none for most types. */
  concerning(type: string): ReadonlySet<string> {
    return this.#concerning.get(type) ?? nothing
  }
}

const nothing: ReadonlySet<string> = new Set()

/** Messages, by `handledAs`, that came but do not count as arrived. */
export type Doubted = ReadonlySet<string>

export const nobody: Doubted = new Set()

/** What becomes of a batch. */
export interface Arranged {
  /** To be carried out now, in this order: what was waiting stands right behind what it was waiting for. */
  readonly due: readonly Message[]
  /** What is to be kept from now on, for the keys where that changes. */
  readonly arrivals: ReadonlyMap<string, Arrivals>
  /** Those with which something has arrived that others may need. */
  readonly bringing: readonly Message[]
}

/**
 * Decides which messages of a batch are carried out, and which wait. Pure.
 * @param fresh those that were not handled before, in order.
 * @param arrivalsOf what is kept of a key before them.
 * @param doubted those that do not count as arrived; default none.
 */
export const arrange = (
  fresh: readonly Message[],
  needs: Needs,
  arrivalsOf: (key: string) => Arrivals,
  doubted: Doubted = nobody,
): Arranged => {
  const due: Message[] = []
  const bringing: Message[] = []
  const arrivals = new Map<string, Arrivals>()
  for (const message of fresh) {
    const { key, type } = message
    if (needs.concerning(type).size === 0) {
      due.push(message)
      continue
    }
    const before = arrivals.get(key) ?? arrivalsOf(key)
    if (needs.missing(type, before.arrived) !== undefined) {
      arrivals.set(key, { ...before, waiting: [...before.waiting, message] })
      continue
    }
    due.push(message)
    if (!needs.isNeeded(type) || before.arrived.includes(type) || doubted.has(handledAs(message))) continue
    bringing.push(message)
    const arrived = [...before.arrived, type]
    const isWaiting = (m: Message) => needs.missing(m.type, arrived) !== undefined
    due.push(...before.waiting.filter((m) => !isWaiting(m)))
    arrivals.set(key, { arrived, waiting: before.waiting.filter(isWaiting) })
  }
  return { due, arrivals, bringing }
}

import { recordHandler } from './handling.ts'
import type { HandlingOptions } from './persisting.ts'
import { Abandoned, type Assignment, type ConsumedRecord, type HandleRecords, type Place } from './transport.ts'

/** What became of a record that was to be set aside: `aside`, or `passed`, when its effect was there already or it is none of ours. */
export type AsideOutcome = 'aside' | 'passed'

/** Records that somebody wants set aside instead of handled. They are remembered by this process alone, and end with it. */
export interface Asides {
  /** Handles records as `recordHandler` does, and sets aside those that were asked for, in their turn. */
  readonly handle: HandleRecords
  /**
   * Has a record set aside when it comes, or soon when it is the one that is repeated. Asked for again it is the same wish.
   * @throws RangeError when 100 records are waited for.
   */
  ask(place: Place): { readonly inHand: boolean; readonly outcome: Promise<AsideOutcome> }
}

/** In the letter's reason. */
class ByHand extends Error {
  override readonly name = 'set aside by hand'
}

interface Wish {
  readonly askedAt: number
  readonly done: PromiseWithResolvers<AsideOutcome>
}

const wishesMax = 100
const wishMsMax = 3_600_000

const nameOf = ({ topic, position }: Place): string => `${topic}/${position}`

/**
 * A handler to which single records can be named. The chunk at hand is given up for it as it is when partitions are lost, what comes before
 * the record is handled first, and then the record fails once, whatever the reaction would make of it: its letter holds its key like any other.
 */
export const withAsides = <Work>(options: HandlingOptions<Work>): Asides => {
  const handle = recordHandler(options)
  const wishes = new Map<string, Wish>()
  let atHand: readonly ConsumedRecord[] = []
  const isWished = (record: ConsumedRecord): boolean => wishes.size > 0 && wishes.has(nameOf(record))

  const setAside = async (record: ConsumedRecord, assignment: Assignment): Promise<void> => {
    let outcome: AsideOutcome = 'passed'
    const observe = { ...options.observe }
    observe.deadLettered = (kind) => {
      outcome = 'aside'
      options.observe.deadLettered(kind)
    }
    await recordHandler({ ...refusing(options), observe })([record], assignment)
    wishes.get(nameOf(record))?.done.resolve(outcome)
    wishes.delete(nameOf(record))
  }

  const handleBoth: HandleRecords = async (records, assignment) => {
    for (let rest = records; rest.length > 0; ) {
      const wished = rest.findIndex(isWished)
      if (wished === 0 && rest[0] !== undefined) {
        await setAside(rest[0], assignment)
        rest = rest.slice(1)
        continue
      }
      const until = wished < 0 ? rest.length : wished
      const portion = rest.slice(0, until)
      const interrupted = () => portion.some(isWished)
      try {
        const heartbeat = () => assignment.heartbeat()
        await handle(portion, { abandoned: () => assignment.abandoned() || interrupted(), heartbeat })
        rest = rest.slice(until)
      } catch (error) {
        if (!(error instanceof Abandoned) || assignment.abandoned() || !interrupted()) throw error
      }
    }
  }

  return {
    handle: async (records, assignment) => {
      atHand = records
      try {
        await handleBoth(records, assignment)
      } finally {
        atHand = []
      }
    },
    ask: (place) => {
      const name = nameOf(place)
      for (const [old, { askedAt }] of wishes) if (performance.now() - askedAt > wishMsMax) wishes.delete(old)
      const wish = wishes.get(name) ?? { askedAt: performance.now(), done: Promise.withResolvers<AsideOutcome>() }
      if (wishes.size >= wishesMax && !wishes.has(name)) throw new RangeError(`${wishesMax} records are waited for already`)
      wishes.set(name, wish)
      return { inHand: atHand.some((record) => nameOf(record) === name), outcome: wish.done.promise }
    },
  }
}

/** The same, but each message fails for good, unless its effect is there already or an earlier letter holds its key. */
const refusing = <Work>(options: HandlingOptions<Work>): HandlingOptions<Work> => {
  const { store } = options
  const react = async (): Promise<never> => {
    throw new ByHand('its reaction was not tried')
  }
  const refuses: HandlingOptions<Work>['store'] = {
    letters: (query) => store.letters(query),
    discard: (letter) => store.discard(letter),
    isTransient: (error) => !(error instanceof ByHand) && store.isTransient(error),
    park: (letters) => store.park(letters),
    handleOnce: async (batch) => {
      try {
        return await store.handleOnce(batch, react)
      } catch (error) {
        throw error instanceof ByHand ? error : new ByHand(`handling fails before its reaction: ${(error as Error).message}`)
      }
    },
  }
  return { ...options, react, store: refuses, attemptsMax: 1, faults: undefined }
}

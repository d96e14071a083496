import type { DeadLetter, Doubted, Message, Needs, Outcome, React } from '@shop/messaging/driver'
import { arrange, carryOut, type Documents, handledAs, isHandled, nobody, sortBatch, trusted } from '@shop/messaging/driver'
import type { Change } from './change.ts'
import type { MessageDocument } from './document.ts'
import { arrivalsIn } from './waiting.ts'

/** How a batch or a letter is decided over documents, as often as these have to be loaded anew. */
abstract class Deciding<State> {
  readonly #needs: Needs
  readonly #react: React<Documents<State>>
  #doubted: Doubted = nobody

  constructor(needs: Needs, react: React<Documents<State>>) {
    this.#needs = needs
    this.#react = react
  }

  /** Hands over what is due, and keeps what has to wait. @returns `undefined` when others are to be doubted: decide anew. */
  protected async carryOut(
    work: Documents<State>,
    loaded: readonly MessageDocument<State>[],
    fresh: readonly Message[],
  ): Promise<Required<Pick<Change, 'fresh' | 'emit' | 'suspicious' | 'arrivals'>> | undefined> {
    const doubted = this.#doubted
    const before = new Map(loaded.map((d) => [d._id, d]))
    const arranged = arrange(fresh, this.#needs, (key) => arrivalsIn(before.get(key)), doubted)
    const { emit, suspicious, again } = await carryOut(arranged, doubted, (due, doubt) => this.#react(work, due, doubt))
    if (again !== undefined) {
      this.#doubted = again
      return undefined
    }
    return { fresh: trusted(fresh, suspicious), arrivals: arranged.arrivals, emit, suspicious }
  }
}

export class BatchDeciding<State> extends Deciding<State> {
  outcome: Outcome = { handled: 0, duplicates: 0, held: [], suspicious: [] }
  readonly #batch: readonly Message[]
  readonly #attempted = new Set<string>()
  readonly #own = new Set<string>()

  constructor(batch: readonly Message[], needs: Needs, react: React<Documents<State>>) {
    super(needs, react)
    this.#batch = batch
  }

  /** @param tried what the attempt before tried to write. */
  async decide(
    work: Documents<State>,
    loaded: readonly MessageDocument<State>[],
    tried: ReadonlyMap<string, MessageDocument<State>>,
  ): Promise<Change | undefined> {
    // Decided again after a conflict: what this call has written by then is not a duplicate but its own.
    for (const { _id, version, handled } of loaded)
      if (tried.get(_id)?.version === version) for (const as of handled) if (this.#attempted.has(as)) this.#own.add(as)
    const batch = this.#batch
    const holding = new Set(loaded.flatMap((d) => (d.parked?.length ? d._id : [])))
    const { fresh, held } = sortBatch(batch, new Set(loaded.flatMap((d) => d.handled)), (key) => holding.has(key))
    const change = await this.carryOut(work, loaded, fresh)
    if (change === undefined) return undefined
    const again = this.#own.size === 0 ? [] : batch.filter((m) => this.#own.has(handledAs(m)))
    const done = again.length === 0 ? change.fresh.length : new Set([...change.fresh, ...again].map(handledAs)).size
    for (const m of change.fresh) this.#attempted.add(handledAs(m))
    const left = held.length + fresh.length - change.fresh.length
    this.outcome = { handled: done, duplicates: batch.length - done - left, held, suspicious: change.suspicious }
    return change
  }
}

export class LetterDeciding<State> extends Deciding<State> {
  #outcome: Outcome | undefined
  readonly #letter: DeadLetter
  readonly #message: Message

  constructor(letter: DeadLetter, message: Message, needs: Needs, react: React<Documents<State>>) {
    super(needs, react)
    this.#letter = letter
    this.#message = message
  }

  get outcome(): Outcome {
    return this.#outcome ?? { handled: 0, duplicates: 0, held: [], suspicious: [] }
  }

  async decide(work: Documents<State>, [document]: readonly MessageDocument<State>[]): Promise<Change | undefined> {
    const message = this.#message
    const fresh = isHandled(new Set(document?.handled), message) ? [] : [message]
    const change = await this.carryOut(work, document === undefined ? [] : [document], fresh)
    if (change === undefined) return undefined
    const { suspicious } = change
    // Decided again after a conflict: what is there by then has been written by this call.
    if (!this.#outcome || this.#outcome.suspicious.length > 0 || suspicious.length > 0)
      this.#outcome = { handled: change.fresh.length, duplicates: 1 - fresh.length, held: [], suspicious }
    return { ...change, parked: without(this.#letter, document) }
  }
}

/** By key, the letters that hold it without this one. */
export const without = <State>(letter: DeadLetter, document: MessageDocument<State> | undefined) =>
  new Map(document ? [[document._id, (document.parked ?? []).filter((id) => id !== letter.id)]] : [])

/**
 * Coordinators, participants and a log in memory, under a seed: every request and every answer takes its time, gets lost or comes late, coordinators
 * are killed or merely sleep while another one takes over, participants are killed. Real are the purchase and the recovery.
 */
import type { Decision, Decisions, Outcome } from '../../../variants/two-phase/protocol/decisions.ts'
import type { Participant } from '../../../variants/two-phase/protocol/participants.ts'
import type { Carried, Vote } from '../../../variants/two-phase/protocol/prepared.ts'
import type { recoverOnce } from '../../../variants/two-phase/protocol/recovery.ts'
import type { buy, Participants } from '../../../variants/two-phase/purchase.ts'
import type { Purchase } from '../../../variants/two-phase/purchase-body.ts'
import { Random } from '../random.ts'

export const names = ['order', 'payment', 'inventory', 'delivery'] as const
export type Name = (typeof names)[number]

/** What a run is made of; a planted bug replaces some of it. */
export interface Parts {
  readonly buy: typeof buy
  readonly recoverOnce: typeof recoverOnce
  /** What a coordinator takes for the log, and for its participants. */
  readonly decisions: (real: Decisions) => Decisions
  readonly participants: (real: Participants) => Participants
  /** Whether what a participant holds prepared outlives its kill. */
  readonly isPreparedDurable: boolean
}

type Held = 'prepared' | 'committed' | 'rolled back'

/** One participant's database. */
class Store {
  readonly held = new Map<string, Held>()
  readonly refuses: (orderId: string) => boolean

  constructor(refuses: (orderId: string) => boolean) {
    this.refuses = refuses
  }

  prepare(orderId: string): Vote {
    if (this.refuses(orderId) || this.held.has(orderId)) return { vote: 'no', reason: 'refused' }
    this.held.set(orderId, 'prepared')
    return { vote: 'yes' }
  }

  end(orderId: string, outcome: 'commit' | 'rollback'): Carried {
    const held = this.held.get(orderId)
    if (held === 'prepared') this.held.set(orderId, outcome === 'commit' ? 'committed' : 'rolled back')
    if (held === 'prepared') return 'done'
    return (held === 'committed' ? 'commit' : 'rollback') === outcome ? 'done' : 'damaged'
  }
}

class Log {
  readonly decided = new Map<string, { outcome: Outcome; endedAt?: string }>()

  decide(orderId: string, outcome: Outcome): Outcome {
    const known = this.decided.get(orderId)
    if (known === undefined) this.decided.set(orderId, { outcome })
    return known?.outcome ?? outcome
  }

  find(orderId: string): Decision | undefined {
    const known = this.decided.get(orderId)
    return known && { orderId, damaged: [], decidedAt: '', ...known }
  }
}

/** What is on its way: `goOn` lets it arrive, or its answer; `lose` makes it fail for who waits. */
interface Flight {
  readonly to: Name | 'log'
  readonly from: Coordinator
  readonly goOn: () => void
  readonly lose: () => void
}

/** What one has in memory: it is gone with it. */
interface Coordinator {
  isAlive: boolean
  isSweeping: boolean
  readonly underWay: Set<string>
}

const quiet = () => {}
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet } as never
const stepsMax = 400
const ordersMax = 4

export class World {
  readonly #random: Random
  readonly #parts: Parts
  readonly stores: Readonly<Record<Name, Store>>
  readonly log = new Log()
  readonly answers = new Map<string, string>()
  readonly trace: string[] = []
  #flights: Flight[] = []
  #coordinators: Coordinator[] = []
  #placed = 0

  constructor(seed: number, parts: Parts) {
    this.#random = new Random(seed)
    this.#parts = parts
    const refused = new Set(Array.from({ length: ordersMax }, (_, n) => `${n}`).filter(() => this.#random.chance(0.2)))
    const by = this.#random.pick(names)
    this.stores = Object.fromEntries(
      names.map((name) => [name, new Store((orderId) => name === by && refused.has(orderId))]),
    ) as unknown as Record<Name, Store>
    this.#begin()
  }

  #begin(): void {
    this.#coordinators.push({ isAlive: true, isSweeping: false, underWay: new Set() })
  }

  get #current(): Coordinator {
    return this.#coordinators.at(-1) as Coordinator
  }

  /** A call that arrives and is answered when the run says so; its effect may outlive who asked. */
  #call<T>(from: Coordinator, to: Name | 'log', what: string, work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const fail = () => from.isAlive && reject(new Error('no answer'))
      const answer = (result: T): Flight => ({
        ...{ from, to, lose: fail },
        goOn: () => from.isAlive && resolve(result),
      })
      const arrive = () => {
        this.trace.push(`${to}: ${what}`)
        this.#flights.push(answer(work()))
      }
      this.#flights.push({ from, to, goOn: arrive, lose: fail })
    })
  }

  #seenBy(from: Coordinator): { participants: Participants; decisions: Decisions } {
    const call = <T>(to: Name | 'log', what: string, work: () => T) => this.#call(from, to, what, work)
    const at = (name: Name): Participant<Purchase> => ({
      prepare: ({ orderId }) => call(name, `prepare ${orderId}`, () => this.stores[name].prepare(orderId)),
      end: (orderId, outcome) => call(name, `${outcome} ${orderId}`, () => this.stores[name].end(orderId, outcome)),
      inDoubt: () =>
        call(name, 'in doubt?', () =>
          [...this.stores[name].held].filter(([, h]) => h === 'prepared').map(([orderId]) => ({ orderId, preparedAt: '' })),
        ),
    })
    const decisions: Decisions = {
      decide: (orderId, outcome) => call('log', `decide ${outcome} ${orderId}`, () => this.log.decide(orderId, outcome)),
      find: (orderId) => call('log', `find ${orderId}`, () => this.log.find(orderId)),
      notEnded: () =>
        call('log', 'not ended?', () =>
          [...this.log.decided].filter(([, d]) => d.endedAt === undefined).flatMap(([orderId]) => this.log.find(orderId) ?? []),
        ),
      ended: (orderId) =>
        call('log', `ended ${orderId}`, () => {
          const known = this.log.decided.get(orderId)
          if (known) known.endedAt = 'now'
        }),
    }
    const participants = Object.fromEntries(names.map((name) => [name, at(name)])) as unknown as Participants
    return { participants: this.#parts.participants(participants), decisions: this.#parts.decisions(decisions) }
  }

  #place(): void {
    const by = this.#current
    const orderId = `${this.#placed++}`
    by.underWay.add(orderId)
    const bought = this.#parts.buy({ orderId } as Purchase, { ...this.#seenBy(by), log })
    void bought.then(
      ({ outcome }) => {
        this.answers.set(orderId, outcome)
        by.underWay.delete(orderId)
      },
      () => by.underWay.delete(orderId),
    )
  }

  #sweep(): void {
    const by = this.#current
    if (by.isSweeping) return
    by.isSweeping = true
    const isUnderWay = (orderId: string) => by.underWay.has(orderId)
    const swept = this.#parts.recoverOnce({ ...this.#seenBy(by), log, isUnderWay })
    void swept.catch(quiet).then(() => {
      by.isSweeping = false
    })
  }

  /** The coordinator is killed, or only sleeps: another one begins beside it. */
  #replaceCoordinator(): void {
    const isKilled = this.#random.chance(0.6)
    this.trace.push(isKilled ? 'the coordinator is killed' : 'another coordinator begins beside')
    if (isKilled) this.#current.isAlive = false
    this.#begin()
  }

  #killParticipant(): void {
    const name = this.#random.pick(names)
    this.trace.push(`${name} is killed`)
    for (const flight of this.#flights) if (flight.to === name) flight.lose()
    this.#flights = this.#flights.filter(({ to }) => to !== name)
    if (this.#parts.isPreparedDurable) return
    const { held } = this.stores[name]
    for (const [orderId, state] of held) if (state === 'prepared') held.delete(orderId)
  }

  /** Is lost, or arrives after who waits has given up, or arrives. What goes to the log gets there: who asks does so until it has an answer. */
  #fly(): void {
    const [flight] = this.#flights.splice(this.#random.below(this.#flights.length), 1)
    if (flight === undefined) return
    const chance = flight.to === 'log' ? 1 : this.#random.next()
    if (chance < 0.05) flight.lose()
    if (chance < 0.025) this.#flights.push(flight)
    if (chance >= 0.05) flight.goOn()
  }

  #step(): void {
    const chance = this.#random.next()
    if (chance < 0.03) this.#replaceCoordinator()
    else if (chance < 0.05) this.#killParticipant()
    else if (chance < 0.12 && this.#placed < ordersMax) this.#place()
    else if (chance < 0.16) this.#sweep()
    else if (this.#flights.length > 0) this.#fly()
  }

  /** All that follows from a step without a further one: the tasks wait for flights alone. */
  async #settle(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve))
  }

  async #arriveAll(): Promise<void> {
    for (let n = 0; this.#flights.length > 0 && n < 10_000; n++) {
      this.#flights.shift()?.goOn()
      await this.#settle()
    }
  }

  /** Runs with faults, then without, until everybody has had the time to recover. @returns what is wrong then. */
  async run(): Promise<readonly string[]> {
    for (let step = 0; step < stepsMax; step++) {
      this.#step()
      await this.#settle()
    }
    for (let round = 0; round < 3; round++) {
      await this.#arriveAll()
      this.#sweep()
      await this.#arriveAll()
    }
    return Array.from({ length: this.#placed }, (_, n) => this.#wrongWith(`${n}`)).flat()
  }

  #wrongWith(orderId: string): readonly string[] {
    const held = names.map((name) => this.stores[name].held.get(orderId) ?? 'rolled back')
    const found: string[] = []
    if (held.includes('prepared')) found.push(`order ${orderId} is in doubt for ever`)
    if (held.includes('committed') && held.includes('rolled back'))
      found.push(`order ${orderId} is done in part: ${held.join(', ')}`)
    const outcome = held.every((h) => h === 'committed') ? 'commit' : 'abort'
    const answer = this.answers.get(orderId)
    if (answer !== undefined && answer !== outcome) found.push(`order ${orderId}: ${answer} was answered, ${outcome} was done`)
    if (outcome === 'commit' && names.some((name) => this.stores[name].refuses(orderId)))
      found.push(`order ${orderId} was committed though somebody refused it`)
    return found
  }
}

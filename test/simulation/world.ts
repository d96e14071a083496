/** What the processes of one run live in: its chance, its clock, its broker, its databases. */
import type { ServiceName } from '@shop/choreography'
import type { ConsumedRecord, OutgoingRecord } from '@shop/messaging'
import { type FaultPoint, stampWith } from '@shop/messaging'
import { MemoryBroker } from '@shop/messaging/memory'
import type { Actor } from './actor.ts'
import type { Breach } from './breach.ts'
import type { Coverage } from './coverage.ts'
import { newDatabases, type Parts } from './parts.ts'
import { opening, type Profile } from './profile.ts'
import type { Random } from './random.ts'
import { Scheduler } from './scheduler.ts'
import { stockTables } from './tables.ts'

/** A fault that passes: a lost connection, a deadlock, a broker that is away. */
export class PassingFault extends Error {
  override name = 'PassingFault'
}

/** Made once: stack traces are what costs most of an error. */
const passingFault = new PassingFault('a fault that passes')
const poison = new Error('cannot handle it')

/** Attempts in one run: far more than any sound one makes. */
const restsMax = 10_000

class Endless extends Error {
  override name = 'Endless'
}

const beginMs = Date.parse('2026-01-01T00:00:00Z')

export interface WorldOptions {
  readonly random: Random
  readonly profile: Profile
  readonly parts: Parts
  readonly coverage: Coverage
  /** Takes the trace, a line for each step; nothing is put into words without it. */
  readonly trace?: ((line: string) => void) | undefined
}

export class World {
  readonly random: Random
  readonly profile: Profile
  readonly parts: Parts
  readonly scheduler = new Scheduler<Actor>()
  readonly broker = new MemoryBroker()
  readonly databases = newDatabases()
  /** What was wrong while it ran, rather than at its end. */
  readonly breaches: Breach[] = []
  /** Records that somebody cannot decode. */
  readonly broken = new Set<ConsumedRecord>()
  /** Records that tell nothing new: of a type that nobody needs to know, or an event once more with something odd beside it. */
  readonly tellNothing = new Set<ConsumedRecord>()
  /** The types of events that were forged, by their ids. */
  readonly forged = new Map<string, string>()
  /** No more faults, and nobody waits for his turn. */
  calm = false
  /** Somebody has not got what the broker had. */
  forgot = false
  /** It was so at some time. */
  hadForgotten = false
  /** The wall clock. */
  nowMs = beginMs
  #setByMs = 0
  readonly #coverage: Coverage
  readonly #trace: ((line: string) => void) | undefined
  /** How often each service still fails to handle an event. */
  readonly #poison = new Map<ServiceName, Map<string, number>>()
  #ids = 0
  #rests = 0

  constructor({ random, profile, parts, coverage, trace }: WorldOptions) {
    this.random = random
    this.profile = profile
    this.parts = parts
    this.#coverage = coverage
    this.#trace = trace
    stockTables(this.databases.payment, this.databases.inventory, opening)
    stampWith({ newId: () => this.newId(), nowMs: () => this.nowMs })
  }

  /** Milliseconds that only go forward. */
  get runningMs(): number {
    return this.nowMs - this.#setByMs
  }

  /** Sets the wall clock forward, or back. */
  setClock(byMs: number): void {
    this.nowMs += byMs
    this.#setByMs += byMs
  }

  /** UUIDv7 whose time is a count, so that ids sort in the order in which they were made. */
  newId(): string {
    const count = (0x0190_0000_0000 + ++this.#ids).toString(16).padStart(12, '0')
    return `${count.slice(0, 8)}-${count.slice(8)}-7000-8000-000000000000`
  }

  tell(who: string, line: () => string): void {
    this.#trace?.(`${String(this.runningMs - beginMs).padStart(6)} ms  ${who.padEnd(15)} ${line()}`)
  }

  /** What a process meets at a fault point. */
  async pass(process: Actor, point: FaultPoint, types: readonly string[]): Promise<void> {
    if (this.calm) return
    const { crash, fail, pause } = this.profile
    const chance = this.random.next()
    if (chance >= crash + fail + pause) return
    if (chance < crash) {
      this.#coverage.killed(point, process.service, types)
      process.kill(`killed at ${point}: ${types.join(', ')}`)
      return this.scheduler.vanish()
    }
    if (chance < crash + fail) {
      this.tell(process.name, () => `a passing fault at ${point}: ${types.join(', ')}`)
      throw passingFault
    }
    this.tell(process.name, () => `stands at ${point}: ${types.join(', ')}`)
    await this.scheduler.pause()
    this.tell(process.name, () => `goes on from ${point}: ${types.join(', ')}`)
  }

  /** Waits for its turn, or dies: what may happen between any two steps. */
  async gap(process: Actor): Promise<void> {
    if (this.calm) return
    if (this.random.chance(this.profile.crash)) {
      process.kill('killed')
      return this.scheduler.vanish()
    }
    if (this.random.chance(this.profile.pause)) await this.scheduler.pause()
  }

  /** The pause between two attempts. @throws Error when that is one too many: somebody tries for ever what cannot succeed. */
  async rest(): Promise<void> {
    if (++this.#rests > restsMax) throw new Endless(`tried ${restsMax} times`)
    if (!this.calm) await this.scheduler.pause()
  }

  /** @throws Error for as long as this consumer cannot handle this message. */
  taste(service: ServiceName, id: string): void {
    if (this.profile.poison === 0) return
    let doses = this.#poison.get(service)
    if (doses === undefined) {
      doses = new Map()
      this.#poison.set(service, doses)
    }
    const left = doses.get(id) ?? (this.random.chance(this.profile.poison) ? this.random.below(14) : 0)
    doses.set(id, Math.max(0, left - 1))
    if (!this.calm && left > 0) throw poison
  }

  /** @throws PassingFault when the broker did not acknowledge; some of the records are on their topics then. */
  async publish(who: string, records: readonly OutgoingRecord[]): Promise<void> {
    const fails = !this.calm && this.random.chance(this.profile.unacknowledged)
    const taken = fails ? records.slice(0, this.random.below(records.length + 1)) : records
    for (const record of taken) this.append(record)
    this.tell(who, () => `${fails ? 'gets no acknowledgement for' : 'publishes'} ${records.map(nameOf).join(', ')}`)
    if (fails) throw passingFault
  }

  append(record: OutgoingRecord): void {
    const place = this.parts.partitionBy === 'id' ? Number.parseInt(record.headers.ce_id?.slice(9, 13) ?? '', 16) : undefined
    this.broker.append(record, this.nowMs, place)
  }
}

/** `PaymentCaptured 1f of order 12` */
export const nameOf = ({ key, headers }: Pick<OutgoingRecord, 'key' | 'headers'>): string =>
  `${headers.ce_type?.split('.')[2] ?? 'something'} ${shortId(headers.ce_id)} of order ${shortId(key ?? '')}`

/** Ids made here differ in their count alone; those made from a key begin with their hash. */
export const shortId = (id = '?'): string =>
  id.startsWith('0190') && id.endsWith('000000000000') ? id.slice(4, 13).replace(/^[0-]+/, '') : id.slice(0, 6)

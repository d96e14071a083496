import { setTimeout as pause } from 'node:timers/promises'
import { type FaultPoint, type Faults, faultPoints } from '@shop/messaging'
import type { Log } from '@shop/service-host'
import { ConfigurationError } from '@shop/service-host'
import { z } from 'zod'

const stallMsMax = 600_000
const rulesMax = 100

/** What a fault point is to do, and when. */
const ruleShape = z.strictObject({
  point: z.enum(faultPoints),
  /** Only passes with a message of this type count; absent: all. */
  type: z.string().max(100).optional(),
  /** Only passes with a message of this order count; absent: all. */
  key: z.string().max(200).optional(),
  /**
   * `crash`: SIGKILL of the own process. `stall`: wait. `throw`: fail as a defect in the code would. `poison`: from the n-th pass on,
   * the order of one message of it fails each time, and no other, until the fault ends.
   */
  action: z.enum(['crash', 'stall', 'throw', 'poison']),
  /** The first pass that meets it, counted from 1. */
  nth: z.int().min(1).max(1_000_000_000).default(1),
  /** So many passes in a row meet it; a poison lasts. */
  times: z.int().min(1).max(1_000_000_000).default(1),
  /** Of a stall. */
  stallMs: z.int().min(1).max(stallMsMax).optional(),
})

const stallFits = (rule: { action: string; stallMs?: number | undefined }) =>
  (rule.action === 'stall') === (rule.stallMs !== undefined)
const stallExpected = { path: ['stallMs'], message: `expected 1 to ${stallMsMax} ms with the action stall, and with no other` }

export const faultRule = ruleShape.refine(stallFits, stallExpected)

/** The admin route's: it ends by itself. */
export const timedFaultRule = ruleShape
  .extend({ forMs: z.int().min(1).max(3_600_000).default(600_000) })
  .refine(stallFits, stallExpected)

export type FaultRule = z.output<typeof faultRule>

export interface Fault extends FaultRule {
  readonly id: string
  /** How often its point was passed since it was set. */
  readonly passes: number
  /** The poisoned order, once there is one. */
  readonly victim?: string
  /** ISO 8601; absent when it lasts as long as the process. */
  readonly endsAt?: string
}

/** Thrown at a fault point: no fault of a database or a broker, so the message that meets it each time becomes a dead letter. */
export class FaultInjected extends Error {
  override readonly name = 'FaultInjected'
}

interface Entry extends FaultRule {
  readonly id: string
  /** As it is shown. */
  readonly endsAtMs: number
  /** By `performance.now()`, which setting the clock does not move. */
  readonly until: number
  passes: number
  /** The poisoned order. */
  victim?: string
}

/** The faults that are switched on in this process. */
export class FaultRules implements Faults {
  readonly #log: Log
  #rules: readonly Entry[] = []
  #number = 0

  constructor(log: Log) {
    this.#log = log
  }

  /** @param forMs until it ends by itself; default never. @throws RangeError beyond 100 rules. */
  add(rule: FaultRule, forMs = Number.POSITIVE_INFINITY): Fault {
    if (this.list().length >= rulesMax) throw new RangeError(`there are ${rulesMax} faults already: remove some first`)
    const entry: Entry = {
      ...rule,
      id: String(++this.#number),
      endsAtMs: Date.now() + forMs,
      until: performance.now() + forMs,
      passes: 0,
    }
    this.#rules = [...this.#rules, entry]
    this.#log.warn({ fault: view(entry) }, 'a fault is switched on')
    return view(entry)
  }

  list(): readonly Fault[] {
    const now = performance.now()
    this.#rules = this.#rules.filter(
      (rule) => rule.until > now && (rule.action === 'poison' || rule.passes < rule.nth + rule.times - 1),
    )
    return this.#rules.map(view)
  }

  /** @returns false when there is no such fault. */
  remove(id: string): boolean {
    const before = this.#rules.length
    this.#rules = this.#rules.filter((rule) => rule.id !== id)
    return this.#rules.length < before
  }

  clear(): void {
    this.#rules = []
  }

  async pass(point: FaultPoint, types: readonly string[], keys: readonly string[]): Promise<void> {
    for (const rule of this.#rules) {
      if (rule.point !== point || rule.until <= performance.now()) continue
      const index = types.findIndex((type, i) => (rule.type ?? type) === type && (rule.key ?? keys[i]) === keys[i])
      if (index < 0) continue
      rule.passes++
      if (rule.passes < rule.nth) continue
      if (rule.action === 'poison') this.#poison(rule, types, keys, index)
      else if (rule.passes < rule.nth + rule.times) await this.#act(rule)
    }
  }

  #poison(rule: Entry, types: readonly string[], keys: readonly string[], index: number): void {
    rule.victim ??= keys[index] ?? ''
    const hits = types.some((type, i) => (rule.type ?? type) === type && keys[i] === rule.victim)
    if (hits) throw new FaultInjected(`fault ${rule.id} at ${rule.point}: order ${rule.victim} is poisoned`)
  }

  async #act({ id, point, type, action, stallMs = 0, passes }: Entry): Promise<void> {
    this.#log.warn({ fault: id, point, type, action, passes }, `fault: ${action} at ${point}`)
    if (action === 'stall') await pause(stallMs)
    if (action === 'throw') throw new FaultInjected(`fault ${id} at ${point}`)
    if (action === 'crash') {
      // Process 1 of a container is not reached by its own signals.
      if (process.pid === 1) process.exit(137)
      process.kill(process.pid, 'SIGKILL')
      await new Promise(() => {}) // the signal may take a moment, and nothing may happen in it
    }
  }
}

const view = ({ endsAtMs, until: _, ...rule }: Entry): Fault => ({
  ...rule,
  ...(Number.isFinite(endsAtMs) && { endsAt: new Date(endsAtMs).toISOString() }),
})

/** @param text JSON, a list of rules. @throws ConfigurationError when it is not. */
export const readFaultRules = (text: string): readonly FaultRule[] => {
  const expected =
    'expected a JSON list such as [{"point":"after-commit","type":"PaymentCaptured","action":"crash"}], points: ' +
    faultPoints.join(', ')
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new ConfigurationError(`FAULTS is no JSON (${expected})`)
  }
  const rules = z.array(faultRule).max(rulesMax).safeParse(parsed)
  if (rules.success) return rules.data
  const [issue] = rules.error.issues
  throw new ConfigurationError(`FAULTS is wrong at ${issue?.path.join('.') || 'its top'}: ${issue?.message} (${expected})`)
}

/** Carries planned faults out, one after the other within a lane, until it is time to heal. */
import { setTimeout as pause } from 'node:timers/promises'
import { Refused } from '@shop/command-line'
import type { ShopTarget } from '@shop/tools/running-shop'
import { readRequest } from '../../tools/faults/arguments.ts'
import { replayLetters } from './letters.ts'
import type { PlannedFault } from './plan.ts'

export interface Inflicted {
  readonly className: string
  readonly args: readonly string[]
  readonly did: string
  /** since 1970 */
  readonly begunAtMs: number
  /** when it was over: recovery counts from here */
  readonly overAtMs: number
}

export interface Inflicting {
  readonly inflicted: readonly Inflicted[]
  /** faults that could not be had, and why */
  readonly refused: readonly { readonly args: readonly string[]; readonly why: string }[]
}

const attemptsMax = 20
const attemptMs = 500

/** Begins the fault, again and again while what it is about is not there (still starting after another one). @throws Refused */
const insistently = async <T>(begin: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await begin()
    } catch (error) {
      if (attempt >= attemptsMax) throw error instanceof Refused ? error : new Refused((error as Error).message)
      await pause(attemptMs)
    }
  }
}

const inflict = async (shop: ShopTarget, planned: PlannedFault, signal: AbortSignal): Promise<Inflicted> => {
  const { what } = readRequest(planned.args)
  if (what === 'heal' || 'help' in what) throw new Error(`${planned.args.join(' ')} is no fault`)
  const { fault, given } = what
  let begunAtMs = Date.now()
  const { did, end } = await insistently(() => {
    begunAtMs = Date.now()
    return fault.begin(shop, given)
  })
  if (end !== undefined) {
    await pause(Math.max(0, begunAtMs + given.forMs - Date.now()), undefined, { signal }).catch(() => {})
    await end().catch(() => {}) // it ends by itself, too
  }
  const overAtMs = planned.momentary ? begunAtMs : Date.now()
  if (planned.leavesLetters) await replayLetters(shop)
  return { className: planned.className, args: planned.args, did, begunAtMs, overAtMs }
}

/** Works through the plan until the signal. */
export const inflictAll = async (
  shop: ShopTarget,
  plan: Iterable<PlannedFault>,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<Inflicting> => {
  const inflicted: Inflicted[] = []
  const refused: { args: readonly string[]; why: string }[] = []
  for (const planned of plan) {
    await pause(planned.afterMs, undefined, { signal }).catch(() => {})
    if (signal.aborted) break
    try {
      const done = await inflict(shop, planned, signal)
      inflicted.push(done)
      say(done.did)
    } catch (error) {
      refused.push({ args: planned.args, why: (error as Error).message })
      say(`not possible: ${planned.args.join(' ')}: ${(error as Error).message}`)
    }
  }
  return { inflicted, refused }
}

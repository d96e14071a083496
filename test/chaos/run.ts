/** One run of chaos on a running shop: load and faults, then heal, drain, check. */
import { setTimeout as pause } from 'node:timers/promises'
import type { EmbeddedShop } from '@shop/tools/running-shop'
import { type CheckResult, checkShop } from './check.ts'
import { type Inflicting, inflictAll } from './inflict.ts'
import { replayLetters } from './letters.ts'
import { type Load, type OrderState, placeOrders, readOrders } from './load.ts'
import { type PlannedFault, type PlanOptions, planFor } from './plan.ts'

export interface ChaosOptions extends Omit<PlanOptions, 'seed'> {
  readonly shop: EmbeddedShop
  readonly seed: number
  readonly orders: number
  /** inflicted instead of those that the seed gives */
  readonly faults?: readonly PlannedFault[] | undefined
  /** how long orders are placed and faults inflicted */
  readonly lastsMs: number
  /** how long all orders may take to end once the faults have; default 180 s */
  readonly drainMsMax?: number
  readonly say: (line: string) => void
}

export interface ChaosRun {
  readonly seed: number
  readonly begunAtMs: number
  readonly healedAtMs: number
  readonly drainedAtMs: number
  readonly load: Load
  readonly inflicting: Inflicting
  /** all orders of the shop, those of this run among them */
  readonly orders: readonly OrderState[]
  readonly lettersReplayed: number
  readonly check: CheckResult
}

const pollMs = 500
const readyMsMax = 120_000

/** @throws Error when the shop is not ready again two minutes after it was healed */
export const runChaos = async (options: ChaosOptions): Promise<ChaosRun> => {
  const { shop, seed, lastsMs, drainMsMax = 180_000, say } = options
  await shop.state() // its addresses
  const begunAtMs = Date.now()
  const healing = new AbortController()
  const timer = setTimeout(() => healing.abort(), lastsMs)
  const loading = placeOrders({ orderUrl: shop.url('order'), seed, orders: options.orders, lastsMs, say })
  const plans = options.faults ? [options.faults] : (['machines', 'others'] as const).map((lane) => planFor(lane, options))
  const lanes = plans.map((plan) => inflictAll(shop, plan, healing.signal, say))
  const inflicted = await Promise.all(lanes)
  // a list of faults may be over before the load is
  await pause(Math.max(0, begunAtMs + lastsMs - Date.now()))
  clearTimeout(timer)
  say(`healing: ${(await shop.heal()).join(', ') || 'no fault is on any more'}`)
  await ready(shop)
  const healedAtMs = Date.now()
  const load = await loading
  const lettersReplayed = await replayLetters(shop)
  const open = await drain(shop.url('order'), drainMsMax)
  const drainedAtMs = Date.now()
  say(`${open} orders are open ${((drainedAtMs - healedAtMs) / 1_000).toFixed(1)} s after the faults`)
  const orders = await readOrders(shop.url('order'))
  const check = await checkShop(shop.access, 60)
  const inflicting = {
    inflicted: inflicted.flatMap((i) => i.inflicted).sort((a, b) => a.begunAtMs - b.begunAtMs),
    refused: inflicted.flatMap((i) => i.refused),
  }
  return { seed, begunAtMs, healedAtMs, drainedAtMs, load, inflicting, orders, lettersReplayed, check }
}

/** Waits until every service says that it is ready. */
const ready = async (shop: EmbeddedShop): Promise<void> => {
  const until = Date.now() + readyMsMax
  for (const [name, { url }] of Object.entries((await shop.state()).services))
    for (;;) {
      const status = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) }).then(
        (answer) => answer.body?.cancel().then(() => answer.status),
        () => 0,
      )
      if (status === 200) break
      if (Date.now() > until) throw new Error(`${name} is not ready ${readyMsMax / 1_000} s after the faults ended`)
      await pause(pollMs)
    }
}

/** @returns how many orders are open when none is, or the time is over */
const drain = async (orderUrl: string, msMax: number): Promise<number> => {
  const until = Date.now() + msMax
  for (;;) {
    const open = await Promise.all(['PENDING', 'CANCELLING'].map((status) => readOrders(orderUrl, status)))
    const count = open.reduce((sum, orders) => sum + orders.length, 0)
    if (count === 0 || Date.now() > until) return count
    await pause(pollMs)
  }
}

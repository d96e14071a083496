/** One service's database is brought back from a backup that was taken under load, and healed as docs/operations.md says. */
import { setTimeout as pause } from 'node:timers/promises'
import { type CheckResult, checkShop } from '../chaos/check.ts'
import { readOrders } from '../chaos/load.ts'
import type { OwnShop } from '../odd-records/own-shop.ts'
import { backUp } from './backups.ts'
import { awaitEnds, placeMany, startAgain, tellAgain } from './orders.ts'

const checksMax = 4
const settleMs = 2_000
const endMsMax = 30_000
const sinceMarginMs = 600_000

interface Restoring {
  /** Orders that the order service still knows, and how many of these are open. */
  readonly known: number
  readonly open: number
  /** Those that it has forgotten. */
  readonly unknown: number
  readonly told: number
  readonly violations: readonly {
    readonly invariant: string
    readonly count: number
    /** The first ones, and whether each is about an order that the order service has forgotten. */
    readonly first: readonly { readonly text: string; readonly isOfUnknown: boolean }[]
  }[]
  readonly notAtRest: readonly string[]
}

const violatedIn = ({ invariants }: CheckResult) => invariants.filter((i) => i.outcome === 'violated')

const violationsOf = (check: CheckResult, isUnknown: (orderId: string) => boolean): Restoring['violations'] =>
  violatedIn(check).map(({ id: invariant, violationCount: count, violations }) => ({
    invariant,
    count,
    first: violations.map(({ text, orderId }) => ({ text, isOfUnknown: orderId !== undefined && isUnknown(orderId) })),
  }))

/** Halts the service, brings the backup back, starts it again. Nobody orders meanwhile. */
const bringBack = async (own: OwnShop, service: string, restore: () => Promise<void>): Promise<void> => {
  const stopped = new Set(['order', service])
  for (const each of stopped) await own.shop.services.halt(each)
  await restore()
  await startAgain(own, [...stopped].reverse())
}

interface RestoringOptions {
  readonly orders: number
  /** Checks once, after it was told again twice, instead of telling again until the check finds nothing new; default false. */
  readonly isBrief?: boolean | undefined
  readonly say: (line: string) => void
}

export const restoreService = async (
  own: OwnShop,
  service: string,
  { orders, isBrief = false, say }: RestoringOptions,
): Promise<Restoring> => {
  const before = await placeMany(own, Math.ceil(orders / 4))
  const half = Promise.withResolvers<void>()
  const placing = placeMany(own, orders, { onPlaced: (count) => count >= orders / 2 && half.resolve() })
  await half.promise
  const backup = await backUp(own, service)
  const ids = [...before, ...(await placing)]
  const open = await awaitEnds(own, endMsMax)
  if (open > 0) throw new Error(`${open} orders have not ended before anything was lost`)
  say(`${service} is brought back to ${backup.takenAt}`)
  await bringBack(own, service, backup.restore)
  const since = new Date(Date.parse(backup.takenAt) - sinceMarginMs).toISOString()
  const tell = async (): Promise<void> => {
    await tellAgain(own, '--since', since, '--yes')
    await awaitEnds(own, settleMs)
    await pause(settleMs)
  }
  await tell()
  let check: CheckResult | undefined
  let told = 1
  for (let found = ''; told <= (isBrief ? 1 : checksMax); ) {
    await tell()
    check = await checkShop(own.target.access, 30)
    const now = JSON.stringify(violatedIn(check).map((i) => [i.id, i.violationCount]))
    say(`told again ${++told} times: ${now}`)
    if (now === found) break
    found = now
  }
  const states = await readOrders(own.shop.urls.order ?? '')
  const known = new Map(states.map((o) => [o.orderId, o.status]))
  const unknown = new Set(ids.filter((id) => !known.has(id)))
  return {
    known: known.size,
    open: [...known.values()].filter((status) => status === 'PENDING' || status === 'CANCELLING').length,
    unknown: unknown.size,
    told,
    violations: check === undefined ? [] : violationsOf(check, (id) => unknown.has(id)),
    notAtRest: check?.notAtRest ?? [],
  }
}

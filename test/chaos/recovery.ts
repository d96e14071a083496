/** PURE: how long the shop took after each fault until the orders that met it had ended. */
import type { Inflicted } from './inflict.ts'
import type { OrderState } from './load.ts'

export interface Recovery extends Inflicted {
  /** orders that were placed while it lasted */
  readonly orders: number
  /** from its end until the last of these orders had ended; undefined when no order met it */
  readonly recoveryMs: number | undefined
}

const before = 500
/** A momentary fault is met by what comes shortly after it. */
const afterwards = 1_000

/** When the order ended, since 1970; undefined while it is open. */
export const endedAtMs = ({ history }: OrderState): number | undefined => {
  const end = history.find(({ type }) => type === 'OrderConfirmed' || type === 'OrderCancelled')
  return end && Date.parse(end.at)
}

/** @param orders of which those are left out that are open: they are stuck, and told elsewhere */
export const recoveries = (faults: readonly Inflicted[], orders: readonly OrderState[]): Recovery[] => {
  const ended = orders
    .flatMap((o) => ({ placedAtMs: Date.parse(o.placedAt), endedAtMs: endedAtMs(o) ?? Number.NaN }))
    .filter((o) => !Number.isNaN(o.endedAtMs))
    .sort((a, b) => a.placedAtMs - b.placedAtMs)
  return faults.map((fault) => {
    const met = ended.filter((o) => o.placedAtMs >= fault.begunAtMs - before && o.placedAtMs <= fault.overAtMs + afterwards)
    // when nobody could place an order, the first one afterwards tells when the shop was back
    const [next] = ended.filter((o) => o.placedAtMs > fault.overAtMs)
    const last = met.length > 0 ? Math.max(...met.map((o) => o.endedAtMs)) : next?.endedAtMs
    return { ...fault, orders: met.length, recoveryMs: last === undefined ? undefined : Math.max(0, last - fault.overAtMs) }
  })
}

/** The value below which so many percent of the values lie; undefined without values. */
export const percentile = (values: readonly number[], percent: number): number | undefined => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil((percent / 100) * sorted.length) - 1)] ?? sorted[0]
}

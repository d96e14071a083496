/** PURE: what a run of chaos comes to. */
import type { OrderState } from './load.ts'
import { percentile, type Recovery, recoveries } from './recovery.ts'
import type { ChaosRun } from './run.ts'

export interface Figures {
  readonly count: number
  readonly p50Ms: number | undefined
  readonly p99Ms: number | undefined
  readonly maxMs: number | undefined
}

export interface ChaosReport {
  readonly seed: number
  readonly begunAt: string
  /** faults and load */
  readonly stormSeconds: number
  /** from the end of the faults until no order was open */
  readonly drainSeconds: number
  readonly orders: {
    readonly accepted: number
    /** requests that were never answered */
    readonly gaveUp: number
    readonly confirmed: number
    readonly cancelled: Readonly<Record<string, number>>
    /** open at the end, and accepted ones that the shop does not know */
    readonly stuck: readonly string[]
    readonly lost: readonly string[]
  }
  readonly recovery: Figures
  /** of those alone in which a service was killed */
  readonly recoveryAfterKill: Figures
  readonly classes: readonly (Figures & { readonly name: string })[]
  readonly faults: readonly Recovery[]
  /** the orders that took longest, with what happened to them and when */
  readonly slowest: readonly { readonly orderId: string; readonly tookMs: number; readonly steps: readonly string[] }[]
  readonly refused: ChaosRun['inflicting']['refused']
  readonly lettersReplayed: number
  readonly notAtRest: readonly string[]
  readonly violations: readonly { readonly invariant: string; readonly count: number; readonly first: string }[]
  readonly invariants: number
  /** no violation, no stuck or lost order, nobody gave up */
  readonly passed: boolean
}

const figuresOf = (faults: readonly Recovery[]): Figures => {
  const times = faults.flatMap((f) => f.recoveryMs ?? [])
  return {
    count: faults.length,
    p50Ms: percentile(times, 50),
    p99Ms: percentile(times, 99),
    maxMs: percentile(times, 100),
  }
}

const slowestShown = 10

const slowestOf = (orders: readonly OrderState[]): ChaosReport['slowest'] =>
  orders
    .map(({ orderId, placedAt, history }) => {
      const since = (at: string) => Date.parse(at) - Date.parse(placedAt)
      const steps = history.map(({ type, at }) => `${type} ${(since(at) / 1_000).toFixed(1)} s`)
      return { orderId, tookMs: Math.max(...history.map(({ at }) => since(at))), steps }
    })
    .sort((a, b) => b.tookMs - a.tookMs)
    .slice(0, slowestShown)

const counts = (names: readonly string[]): Record<string, number> => {
  const found: Record<string, number> = {}
  for (const name of [...names].sort()) found[name] = (found[name] ?? 0) + 1
  return found
}

const killsService = ({ className }: Recovery) => className === 'kill a service' || className.startsWith('crash ')

export const reportOf = (run: ChaosRun): ChaosReport => {
  const { seed, begunAtMs, healedAtMs, drainedAtMs, load, inflicting, check } = run
  const known = new Map(run.orders.map((o) => [o.orderId, o]))
  const own = load.accepted.flatMap(({ orderId }) => known.get(orderId) ?? [])
  const faults = recoveries(inflicting.inflicted, own)
  const stuck = run.orders.filter((o) => o.status === 'PENDING' || o.status === 'CANCELLING').map((o) => o.orderId)
  const lost = load.accepted.filter(({ orderId }) => !known.has(orderId)).map((o) => o.orderId)
  const violated = check.invariants.filter((v) => v.outcome === 'violated')
  return {
    seed,
    begunAt: new Date(begunAtMs).toISOString(),
    stormSeconds: Math.round((healedAtMs - begunAtMs) / 1_000),
    drainSeconds: Number(((drainedAtMs - healedAtMs) / 1_000).toFixed(1)),
    orders: {
      accepted: load.accepted.length,
      gaveUp: load.gaveUp,
      confirmed: own.filter((o) => o.status === 'CONFIRMED').length,
      cancelled: counts(own.filter((o) => o.status === 'CANCELLED').map((o) => o.reason ?? 'unknown')),
      stuck,
      lost,
    },
    recovery: figuresOf(faults),
    recoveryAfterKill: figuresOf(faults.filter(killsService)),
    classes: [...Map.groupBy(faults, (f) => f.className)]
      .map(([name, ofClass]) => ({ name, ...figuresOf(ofClass) }))
      .sort((a, b) => (b.maxMs ?? 0) - (a.maxMs ?? 0)),
    faults,
    slowest: slowestOf(own),
    refused: inflicting.refused,
    lettersReplayed: run.lettersReplayed,
    notAtRest: check.notAtRest,
    violations: violated.map((v) => ({ invariant: v.id, count: v.violationCount, first: v.violations[0]?.text ?? '' })),
    invariants: check.invariants.filter((v) => v.outcome === 'holds').length,
    passed: check.holds && check.notAtRest.length === 0 && stuck.length === 0 && lost.length === 0 && load.gaveUp === 0,
  }
}

const seconds = (ms: number | undefined): string => (ms === undefined ? '–' : `${(ms / 1_000).toFixed(1)} s`)

/** For people, on a terminal. */
export const summaryOf = (report: ChaosReport): string => {
  const { orders, recovery, recoveryAfterKill, classes, violations } = report
  const cancelled = Object.entries(orders.cancelled).map(([reason, count]) => `${reason} ${count}`)
  const lines = [
    ['seed', String(report.seed)],
    ['faults', `${recovery.count} of ${classes.length} classes in ${report.stormSeconds} s`],
    ['orders accepted', `${orders.accepted}, gave up ${orders.gaveUp}`],
    ['confirmed', String(orders.confirmed)],
    ['cancelled', cancelled.join(', ') || 'none'],
    ['stuck, lost', `${orders.stuck.length}, ${orders.lost.length}`],
    ['all ended after', `${report.drainSeconds} s`],
    ['recovery', `p50 ${seconds(recovery.p50Ms)}, p99 ${seconds(recovery.p99Ms)}, max ${seconds(recovery.maxMs)}`],
    [
      'after a kill',
      `p50 ${seconds(recoveryAfterKill.p50Ms)}, p99 ${seconds(recoveryAfterKill.p99Ms)}, max ${seconds(recoveryAfterKill.maxMs)} of ${recoveryAfterKill.count}`,
    ],
    ['dead letters', `${report.lettersReplayed} replayed at the end`],
    ['check', `${report.invariants} invariants hold, ${violations.length} violated`],
  ]
  return [
    ...lines.map(([name = '', text]) => `${name.padEnd(16)}  ${text}`),
    ...violations.map(({ invariant, count, first }) => `  ✗ ${invariant} (${count}): ${first}`),
    ...report.notAtRest.map((what) => `  not at rest: ${what}`),
  ].join('\n')
}

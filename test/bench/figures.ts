/** Pure: what is made of measured numbers. */

export interface Latency {
  readonly count: number
  /** Milliseconds. */
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** @param sortedMs ascending. @returns NaN when there is none. */
const at = (sortedMs: readonly number[], share: number): number =>
  sortedMs[Math.min(sortedMs.length - 1, Math.ceil(sortedMs.length * share) - 1)] ?? Number.NaN

export const latencyOf = (timesMs: readonly number[]): Latency => {
  const sorted = [...timesMs].sort((a, b) => a - b)
  return { count: sorted.length, p50: at(sorted, 0.5), p95: at(sorted, 0.95), p99: at(sorted, 0.99), max: at(sorted, 1) }
}

export interface Phase {
  readonly name: string
  /** Orders a second that were asked for; absent when as many as can be. */
  readonly rate?: number
  readonly seconds: number
  readonly accepted: number
  readonly acceptedPerSecond: number
  readonly confirmed: number
  readonly cancelled: number
  /** From the first POST to the last end. */
  readonly completedPerSecond: number
  /** POSTs that were answered 503. */
  readonly refused: number
  readonly failed: number
  /** Accepted orders that had no end within a minute after the last POST. */
  readonly open: number
  readonly latency: Latency
  /** Processor time in milliseconds per completed order, by process; user and system together. */
  readonly cpuMsPerOrder: Readonly<Record<string, number>>
  /** Resident at the end, in MB, by process. */
  readonly residentMb: Readonly<Record<string, number>>
  readonly eventsPerSecond: number
  /** Messages per local transaction, by service. */
  readonly batchSize: Readonly<Record<string, number>>
  readonly postgresCommitsPerOrder: number
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, n) => total + n, 0)
export const cpuOf = (phase: Phase): number => sum(Object.values(phase.cpuMsPerOrder))

export interface Report {
  readonly at: string
  readonly machine: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly durability: readonly string[]
  readonly phases: readonly Phase[]
  readonly check: string
}

const number = (value: number, digits = 0): string =>
  Number.isFinite(value) ? value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }) : '–'

const table = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) => row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c] ?? 0) : cell.padStart(widths[c] ?? 0))).join('  '))
    .join('\n')
}

/** @param before another run's report: its figures become ratios, this run's divided by that one's. */
export const reportText = ({ at: time, machine, durability, phases, check, settings }: Report, before?: Report): string => {
  const earlier = new Map(before?.phases.map((p) => [p.name, p]))
  const ratio = (phase: Phase, figure: (p: Phase) => number): string => {
    const other = earlier.get(phase.name)
    return other === undefined ? '' : ` (×${number(figure(phase) / figure(other), 2)})`
  }
  const line = (name: string, figure: (p: Phase) => number, digits = 0) => [
    name,
    ...phases.map((p) => `${number(figure(p), digits)}${ratio(p, figure)}`),
  ]
  const processes = Object.keys(phases[0]?.cpuMsPerOrder ?? {})
  const rows = [
    ['', ...phases.map((p) => p.name)],
    line('seconds', (p) => p.seconds, 1),
    line('accepted/s', (p) => p.acceptedPerSecond),
    line('completed orders/s', (p) => p.completedPerSecond),
    line('  confirmed', (p) => p.confirmed),
    line('  cancelled', (p) => p.cancelled),
    line('  refused (503)', (p) => p.refused),
    line('  failed or open', (p) => p.failed + p.open),
    line('POST → end p50 ms', (p) => p.latency.p50, 1),
    line('  p95', (p) => p.latency.p95, 1),
    line('  p99', (p) => p.latency.p99, 1),
    line('  max', (p) => p.latency.max, 1),
    line('events/s', (p) => p.eventsPerSecond),
    line('CPU-ms per order', cpuOf, 2),
    ...processes.map((name) => line(`  ${name}`, (p) => p.cpuMsPerOrder[name] ?? Number.NaN, 2)),
    ...processes.map((name) => line(`${name} MB`, (p) => p.residentMb[name] ?? Number.NaN)),
    ...Object.keys(phases[0]?.batchSize ?? {}).map((name) =>
      line(`${name} events/transaction`, (p) => p.batchSize[name] ?? Number.NaN, 1),
    ),
    line('PostgreSQL commits per order', (p) => p.postgresCommitsPerOrder, 3),
  ]
  return [
    `${time}  ${machine}  ${JSON.stringify(settings)}`,
    ...(before ? [`ratios: this run / the run of ${before.at}`] : []),
    '',
    table(rows),
    '',
    ...durability.map((d) => `durability: ${d}`),
    `check: ${check}`,
  ].join('\n')
}

import { cpuOf, memoryGrowth, type Phase, type Report, residentOf } from './figures.ts'

const number = (value: number, digits = 0): string =>
  Number.isFinite(value) ? value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }) : '–'

const aligned = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) => row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c] ?? 0) : cell.padStart(widths[c] ?? 0))).join('  '))
    .join('\n')
}

/** A row of the table: its name, what it shows of a phase, and with how many digits. */
type Row = readonly [name: string, figure: (phase: Phase) => number, digits?: number]

const rowsOf = (first: Phase | undefined): Row[] => {
  const processes = Object.keys(first?.cpuMsPerOrder ?? {})
  return [
    ['seconds', (p) => p.seconds, 1],
    ['accepted/s', (p) => p.acceptedPerSecond],
    ['completed orders/s', (p) => p.completedPerSecond],
    ['  confirmed', (p) => p.confirmed],
    ['  cancelled', (p) => p.cancelled],
    ['  refused (503)', (p) => p.refused],
    ['  failed or open', (p) => p.failed + p.open],
    ['POST → end p50 ms', (p) => p.latency.p50, 1],
    ['  p95', (p) => p.latency.p95, 1],
    ['  p99', (p) => p.latency.p99, 1],
    ['  max', (p) => p.latency.max, 1],
    ['events/s', (p) => p.eventsPerSecond],
    ['  handled/s', (p) => p.handledPerSecond],
    ['CPU-ms per order', cpuOf, 2],
    ...processes.map((name): Row => [`  ${name}`, (p) => p.cpuMsPerOrder[name] ?? Number.NaN, 2]),
    ['processors used by others', (p) => p.coresOfOthers, 2],
    ['resident MB at the end', (p) => residentOf(p.samples.at(-1))],
    ...processes.map((name): Row => [`  ${name}`, (p) => p.samples.at(-1)?.residentMb[name] ?? Number.NaN]),
    ['  most', (p) => Math.max(...p.samples.map(residentOf))],
    ['  last fifth / second fifth', memoryGrowth, 2],
    ['local transactions per order', (p) => p.transactionsPerOrder, 3],
    ...Object.keys(first?.batchSize ?? {}).map(
      (name): Row => [`  ${name}: messages each`, (p) => p.batchSize[name] ?? Number.NaN, 1],
    ),
    ['PostgreSQL commits per order', (p) => p.postgresCommitsPerOrder, 3],
  ]
}

/** What two runs were asked for differently, as `name 1 instead of 2`; figures of such runs do not compare one to one. */
const differences = (now: Report['settings'], before: Report['settings']): string[] =>
  [...new Set([...Object.keys(now), ...Object.keys(before)])]
    .map((name) => [name, JSON.stringify(now[name]), JSON.stringify(before[name])] as const)
    .filter(([, is, was]) => is !== was)
    .map(([name, is, was]) => `${name} ${is} instead of ${was}`)

/** @param before another run's report: its figures become ratios, this run's divided by that one's. */
export const reportText = ({ at, machine, durability, phases, check, settings }: Report, before?: Report): string => {
  // 50 % of the maximum is compared with 50 % of the other run's, whatever rates these were
  const earlier = new Map(before?.phases.map((p) => [p.name, p]))
  const ratio = (phase: Phase, figure: (p: Phase) => number): string => {
    const other = earlier.get(phase.name)
    return other === undefined ? '' : ` (×${number(figure(phase) / figure(other), 2)})`
  }
  const title = ({ name, rate }: Phase) => (rate === undefined ? name : `${name}: ${number(rate)}/s`)
  const rows = rowsOf(phases[0]).map(([name, figure, digits]) => [
    name,
    ...phases.map((p) => `${number(figure(p), digits)}${ratio(p, figure)}`),
  ])
  return [
    `${at}  ${machine}  ${JSON.stringify(settings)}`,
    ...(before ? [`ratios: this run / the run of ${before.at}`] : []),
    ...(before ? differences(settings, before.settings).map((d) => `  differs: ${d}`) : []),
    '',
    aligned([['', ...phases.map(title)], ...rows]),
    '',
    ...durability.map((d) => `durability: ${d}`),
    `check: ${check}`,
  ].join('\n')
}

/** What is measured of each way, and the signs that it must have. */
export const wayNames = ['relay', 'cdc', 'cdc-exactly-once'] as const
export type WayName = (typeof wayNames)[number]

export const titles: Readonly<Record<WayName, string>> = {
  relay: "the service's own relay",
  cdc: 'Kafka Connect, at least once',
  'cdc-exactly-once': 'Kafka Connect, exactly once',
}

export interface Row {
  readonly way: WayName
  readonly p50Ms: number
  readonly p99Ms: number
  /** Of the burst, from its first transaction to its last event on the topic. */
  readonly perSecond: number
  /** Processor time for an event of the burst, in milliseconds. */
  readonly cpuMs: Readonly<Record<'service' | 'database' | 'connect' | 'broker', number>>
  /** Of Kafka Connect while nothing is told, in milliseconds a second. */
  readonly idleCpuMs: number
  /** Bytes of PostgreSQL's log for an event of the burst. */
  readonly logBytes: number
  /** Rows of PostgreSQL that were inserted or deleted for an event of the burst. */
  readonly rows: number
  /** Events that were committed in the kill's part, and came twice. */
  readonly doubled: number
  /** The longest time without a new event while events were told all the time. */
  readonly stoodMs: number
  /** What waits in the database for each event that is told while nobody takes it, in bytes: of the outbox, or of the log. */
  readonly keptBytes: number
  /** Until all that was told meanwhile has come. */
  readonly catchUpMs: number
  readonly lost: number
  readonly outOfOrder: number
}

/** Events of a transaction while there is a kill. */
export const perTransactionKilled = 10

/**
 * @returns what is not as it must be. Exactly once holds between Connect and the broker; Debezium itself begins the database's transaction in which
 * it stood anew, so that up to one of those comes twice.
 */
export const deviationsOf = ({ way, lost, outOfOrder, doubled }: Row): readonly string[] => [
  ...(lost > 0 ? [`${lost} lost`] : []),
  ...(outOfOrder > 0 ? [`${outOfOrder} out of order`] : []),
  ...(way === 'cdc-exactly-once' && doubled > perTransactionKilled ? [`${doubled} doubled`] : []),
]

const figure = (value: number, digits = 0) => value.toLocaleString('en', { maximumFractionDigits: digits })

/** Name, and the cell of each row. */
const lines: readonly (readonly [string, (row: Row) => string])[] = [
  ['latency p50, ms', (r) => figure(r.p50Ms)],
  ['latency p99, ms', (r) => figure(r.p99Ms)],
  ['events a second, burst', (r) => figure(r.perSecond)],
  [
    'processor time an event, ms',
    (r) =>
      figure(
        Object.values(r.cpuMs).reduce((a, b) => a + b, 0),
        2,
      ),
  ],
  ['… of the service', (r) => figure(r.cpuMs.service, 2)],
  ['… of PostgreSQL', (r) => figure(r.cpuMs.database, 2)],
  ['… of Kafka Connect', (r) => figure(r.cpuMs.connect, 2)],
  ['… of the broker', (r) => figure(r.cpuMs.broker, 2)],
  ['Kafka Connect at rest, ms a second', (r) => figure(r.idleCpuMs)],
  ["PostgreSQL's log an event, bytes", (r) => figure(r.logBytes)],
  ['rows inserted and deleted an event', (r) => figure(r.rows, 1)],
  ['killed: doubled', (r) => figure(r.doubled)],
  ['killed: stood still, s', (r) => figure(r.stoodMs / 1_000, 1)],
  ['away: kept an event, bytes', (r) => figure(r.keptBytes)],
  ['away: caught up after its start in, s', (r) => figure(r.catchUpMs / 1_000, 1)],
  ['lost', (r) => figure(r.lost)],
  ['out of order', (r) => figure(r.outOfOrder)],
]

/** In Markdown; it is readable in a terminal as well. */
export const tableOf = (rows: readonly Row[]): string => {
  const heads = ['', ...rows.map(({ way }) => titles[way])]
  const body = lines.map(([name, cell]) => [name, ...rows.map(cell)])
  const widths = heads.map((_, i) => Math.max(...[heads, ...body].map((line) => line[i]?.length ?? 0)))
  const text = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [text(heads), rule, ...body.map(text)].join('\n')
}

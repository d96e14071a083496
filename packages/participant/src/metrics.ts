/** The figures of a service of the choreography, beside those of its process and its HTTP. */
import type { Backlog, Observer } from '@shop/messaging'
import { type Metrics, type Source, sampledGauge } from '@shop/service-host'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** Where the gauges' figures come from; each is asked once per scrape, for at most 2 s. */
export interface Sources {
  /** Undefined where nobody counts what is stored. */
  readonly backlog: Source<Backlog> | undefined
  /** Dead letters by kind. */
  readonly letterCounts: Source<Readonly<Record<string, number>>>
  /** Messages not yet handled, by topic. */
  readonly lag: Source<Readonly<Record<string, number>>>
}

export const addGauges = (metrics: Metrics, { backlog, letterCounts, lag }: Sources): void => {
  if (backlog) addOutboxGauges(metrics, backlog)
  const letters = { name: 'shop_dead_letters', label: 'kind', source: 'dead_letters' } as const
  const lettersHelp =
    'Messages set aside now: undecodable, suspicious, failed, held behind a failed one, or unsendable (outgoing).'
  sampledGauge(metrics, { ...letters, help: lettersHelp }, letterCounts)
  const behind = { name: 'shop_consumer_lag', label: 'topic', source: 'consumer_lag' } as const
  sampledGauge(metrics, { ...behind, help: 'Messages in a topic that this service has not yet handled.' }, lag)
}

const addOutboxGauges = ({ registry, sampled }: Metrics, backlog: Source<Backlog>): void => {
  const registers = [registry]
  const oldest = new Gauge({
    name: 'shop_outbox_oldest_seconds',
    help: 'Age in seconds of the oldest stored message that is not yet at the broker.',
    registers,
  })
  const depth = new Gauge({
    name: 'shop_outbox_depth',
    help: 'Stored messages that are not yet at the broker.',
    registers,
  })
  sampled('outbox', backlog, (state) => {
    depth.remove()
    oldest.remove()
    if (state === undefined) return
    depth.set(state.count)
    oldest.set(state.oldestMs / 1_000)
  })
}

/** How far behind what reads the database's log is. */
export interface CaptureState {
  /** Whether it reads now. */
  readonly active: boolean
  /** Bytes of the log that the database keeps for it. */
  readonly retainedBytes: number
  /** Bytes that can still be written until it has lost its place; undefined without such a bound. */
  readonly leftBytes: number | undefined
}

export const addCaptureGauges = (
  { registry, sampled }: Pick<Metrics, 'registry' | 'sampled'>,
  capture: { state(): Promise<CaptureState> },
): void => {
  const gauge = (name: string, help: string) => new Gauge({ name: `shop_capture_${name}`, help, registers: [registry] })
  const active = gauge('active', "1 while a connector reads the database's log, which takes what is told to the broker; else 0.")
  const retained = gauge(
    'retained_bytes',
    "Bytes of the database's log that are kept for the connector: they grow while it is away.",
  )
  const left = gauge('left_bytes', 'Bytes of log that can still be written until the connector has lost its place.')
  sampled(
    'capture',
    () => capture.state(),
    (now) => {
      for (const each of [active, retained, left]) each.remove()
      if (now === undefined) return
      active.set(now.active ? 1 : 0)
      retained.set(now.retainedBytes)
      if (now.leftBytes !== undefined) left.set(now.leftBytes)
    },
  )
}

const messageCounters = (registers: Registry[]) => ({
  handled: new Counter({
    name: 'shop_messages_handled_total',
    help: 'Messages whose effect was committed.',
    labelNames: ['type'] as const,
    registers,
  }),
  duplicate: new Counter({
    name: 'shop_messages_duplicate_total',
    help: 'Messages dropped because their id had been handled before.',
    registers,
  }),
  deadLettered: new Counter({
    name: 'shop_messages_dead_lettered_total',
    help: 'Messages parked because they could not be decoded or handled.',
    labelNames: ['reason'] as const,
    registers,
  }),
  retries: new Counter({
    name: 'shop_handling_retries_total',
    help: 'Times that messages were kept waiting because the database or the broker was away.',
    registers,
  }),
  passedOver: new Counter({
    name: 'shop_messages_passed_over_total',
    help: 'Events of a type that this service does not know, and need not know.',
    registers,
  }),
  transactions: new Counter({
    name: 'shop_transactions_total',
    help: 'Committed local transactions that handled messages.',
    registers,
  }),
  batchSize: new Histogram({
    name: 'shop_batch_size',
    help: 'Messages handled in one local transaction.',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200],
    registers,
  }),
})

/** Counts what becomes of the messages. */
export const countingObserver = ({ registry }: Pick<Metrics, 'registry'>): Observer => {
  const counters = messageCounters([registry])
  return {
    transaction: (messages, { handled, duplicates }) => {
      counters.transactions.inc()
      counters.batchSize.observe(messages.length)
      if (duplicates > 0) counters.duplicate.inc(duplicates)
      // Which of them were duplicates only the store knows; types are exact whenever there are none.
      if (handled === messages.length) for (const { type } of messages) counters.handled.inc({ type })
      else if (handled > 0) counters.handled.inc({ type: 'mixed' }, handled)
    },
    deadLettered: (reason) => counters.deadLettered.inc({ reason }),
    retried: () => counters.retries.inc(),
    passedOver: () => counters.passedOver.inc(),
  }
}

/** What a service can measure by: the figures of its process, and those that services of the choreography share. */
export interface ParticipantMetrics extends Metrics {
  /** Counts records that the broker lost before they were read. */
  readonly recordsLost: Counter<'topic'>
  /** Takes the seconds from an order's first event to its last. */
  readonly sagaDuration: Histogram<'outcome'>
}

export const participantMetrics = (metrics: Metrics): ParticipantMetrics => ({
  ...metrics,
  recordsLost: new Counter({
    name: 'shop_records_lost_total',
    help: 'Records that the broker lost before they were read, as far as they can be counted: a log that was begun anew counts 1.',
    labelNames: ['topic'] as const,
    registers: [metrics.registry],
  }),
  sagaDuration: new Histogram({
    name: 'shop_saga_duration_seconds',
    help: 'Seconds from placing an order to its end, by outcome.',
    labelNames: ['outcome'] as const,
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
    registers: [metrics.registry],
  }),
})

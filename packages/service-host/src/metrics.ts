import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { within } from './within.ts'

/** A source slower than this is left out of the scrape, so that a hung database does not hide every other metric. */
const SOURCE_MS_MAX = 2_000

export interface OutboxState {
  /** Stored messages not yet at the broker. */
  depth: number
  /** Age of the oldest of them in seconds; 0 when there is none. */
  oldestSeconds: number
}

export type Metrics = ReturnType<typeof createMetrics>

/**
 * The metrics of one service in a registry of their own, with the process's default ones. Every sample carries the label `service`.
 * Gauges are read when Prometheus scrapes, from the sources given to `observeOutbox` and `observeConsumerLag`.
 */
export function createMetrics({ service }: { service: string }) {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  const registers = [registry]

  const scrapeErrors = new Counter({
    name: 'shop_scrape_errors_total',
    help: 'Sources of gauges that failed or gave no answer within 2 s during a scrape; their samples are missing from it.',
    labelNames: ['source'] as const,
    registers,
  })
  let outboxSource: (() => Promise<OutboxState>) | undefined
  let lagSource: (() => Promise<Record<string, number>>) | undefined

  /** A failed source leaves no sample: an old figure would look like a healthy one. */
  const read = async <T>(source: string, ask: (() => Promise<T>) | undefined): Promise<T | undefined> => {
    try {
      return ask && (await within(SOURCE_MS_MAX, ask))
    } catch {
      scrapeErrors.inc({ source })
      return undefined
    }
  }

  const outboxOldest = new Gauge({
    name: 'shop_outbox_oldest_seconds',
    help: 'Age in seconds of the oldest stored message that is not yet at the broker.',
    registers,
  })
  const outboxDepth = new Gauge({
    name: 'shop_outbox_depth',
    help: 'Stored messages that are not yet at the broker.',
    registers,
  })
  // Both come from one question, asked before either is read: a registry collects its metrics side by side.
  const refreshOutbox = once(async () => {
    outboxDepth.remove()
    outboxOldest.remove()
    const state = await read('outbox', outboxSource)
    if (!state) return
    outboxDepth.set(state.depth)
    outboxOldest.set(state.oldestSeconds)
  })
  let letterSource: (() => Promise<Readonly<Record<string, number>>>) | undefined
  const openLetters = new Gauge({
    name: 'shop_dead_letters',
    help: 'Messages that are set aside now: undecodable, failed, or held behind a failed one of their order.',
    labelNames: ['kind'] as const,
    registers,
  })
  const refreshLetters = once(async () => {
    openLetters.reset()
    for (const [kind, count] of Object.entries((await read('dead_letters', letterSource)) ?? {})) openLetters.set({ kind }, count)
  })
  const consumerLag = new Gauge({
    name: 'shop_consumer_lag',
    help: 'Messages in a topic that this service has not yet handled.',
    labelNames: ['topic'] as const,
    registers,
  })
  const refreshLag = once(async () => {
    consumerLag.reset()
    const lagByTopic = await read('consumer_lag', lagSource)
    for (const [topic, lag] of Object.entries(lagByTopic ?? {})) consumerLag.set({ topic }, lag)
  })

  return {
    registry,
    messagesHandled: new Counter({
      name: 'shop_messages_handled_total',
      help: 'Messages whose effect was committed.',
      labelNames: ['type'] as const,
      registers,
    }),
    messagesDuplicate: new Counter({
      name: 'shop_messages_duplicate_total',
      help: 'Messages dropped because their id had been handled before.',
      registers,
    }),
    messagesDeadLettered: new Counter({
      name: 'shop_messages_dead_lettered_total',
      help: 'Messages parked because they could not be decoded or handled.',
      labelNames: ['reason'] as const,
      registers,
    }),
    handlingRetries: new Counter({
      name: 'shop_handling_retries_total',
      help: 'Times that messages were kept waiting because the database or the broker was away.',
      registers,
    }),
    transactions: new Counter({
      name: 'shop_transactions_total',
      help: 'Committed local transactions that handled messages.',
      registers,
    }),
    /** Messages of one transaction. */
    batchSize: new Histogram({
      name: 'shop_batch_size',
      help: 'Messages handled in one local transaction.',
      buckets: [1, 2, 5, 10, 20, 50, 100, 200],
      registers,
    }),
    /** Seconds from an order's first event to its last. */
    sagaDuration: new Histogram({
      name: 'shop_saga_duration_seconds',
      help: 'Seconds from placing an order to its end, by outcome.',
      labelNames: ['outcome'] as const,
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
      registers,
    }),
    httpDuration: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Seconds from the arrival of a request to the last byte of its answer.',
      labelNames: ['method', 'route', 'status_code'] as const,
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    /** Sets where depth and age of the outbox come from; asked once per scrape, at most 2 s. */
    observeOutbox(source: () => Promise<OutboxState>): void {
      outboxSource = source
    },
    /** Sets where the number of dead letters by kind comes from; asked once per scrape, at most 2 s. */
    observeDeadLetters(source: () => Promise<Readonly<Record<string, number>>>): void {
      letterSource = source
    },
    /** Sets where the lag per topic comes from; asked once per scrape, at most 2 s. */
    observeConsumerLag(source: () => Promise<Record<string, number>>): void {
      lagSource = source
    },
    /** The text that Prometheus scrapes. */
    async scrape(): Promise<string> {
      await Promise.all([refreshOutbox(), refreshLetters(), refreshLag()])
      return registry.metrics()
    },
  }
}

/** Callers that come while `run` is under way share its outcome. */
function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => {
    running ??= run().finally(() => {
      running = undefined
    })
    return running
  }
}

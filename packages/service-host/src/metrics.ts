import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { within } from './within.ts'

/** A source slower than this is left out of the scrape, so that a hung database does not hide every other metric. */
const sourceMsMax = 2_000

/** Asks for figures; rejects when it has none. */
export type Source<T> = () => Promise<T>

export interface Metrics {
  /** For metrics of the service's own. */
  readonly registry: Registry
  readonly httpDuration: Histogram<'method' | 'route' | 'status_code'>
  /**
   * Asks `source` at each scrape, once for all who scrape at once and for at most 2 s, and hands over what it answers: `undefined` when it
   * failed. An old figure would look like a healthy one, so that a gauge is to be emptied then.
   * @param name of the source in `shop_scrape_errors_total`.
   */
  sampled<T>(name: string, source: Source<T>, set: (answer: T | undefined) => void): void
  /** The text that Prometheus scrapes. */
  scrape(): Promise<string>
}

/** The metrics of one process in a registry of their own, with Node's default ones. Every sample carries the label `service`. */
export const createMetrics = ({ service }: { readonly service: string }): Metrics => {
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
  const refreshes: (() => Promise<void>)[] = []
  return {
    registry,
    httpDuration: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Seconds from the arrival of a request to the last byte of its answer.',
      labelNames: ['method', 'route', 'status_code'] as const,
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    sampled: (name, source, set) => {
      const refresh = async () => {
        try {
          set(await within(sourceMsMax, source))
        } catch {
          scrapeErrors.inc({ source: name })
          set(undefined)
        }
      }
      refreshes.push(sharing(refresh))
    },
    // All are asked before any is read: a registry collects its metrics side by side.
    scrape: async () => {
      await Promise.all(refreshes.map((refresh) => refresh()))
      return await registry.metrics()
    },
  }
}

/** Callers that come while `run` is under way share its outcome. */
const sharing = (run: () => Promise<void>): (() => Promise<void>) => {
  let running: Promise<void> | undefined
  return () => {
    running ??= run().finally(() => {
      running = undefined
    })
    return running
  }
}

/** A gauge with one label, whose figures by label come from `source` at each scrape. */
export const sampledGauge = <Label extends string>(
  { registry, sampled }: Pick<Metrics, 'registry' | 'sampled'>,
  { name, help, label, source }: { readonly name: string; readonly help: string; readonly label: Label; readonly source: string },
  ask: Source<Readonly<Record<string, number>>>,
): void => {
  const gauge = new Gauge<string>({ name, help, labelNames: [label], registers: [registry] })
  sampled(source, ask, (figures) => {
    gauge.reset()
    for (const [value, figure] of Object.entries(figures ?? {})) gauge.set({ [label]: value }, figure)
  })
}

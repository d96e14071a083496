import { type Metrics, type Source, sampledGauge } from '@shop/service-host'
import { Counter, Gauge, Histogram } from 'prom-client'
import type { Change, Projection } from './projection.ts'

export interface Watched {
  readonly projection: Projection
  /** Pages that follow the stream. */
  readonly readers: () => number
  /** Messages not yet handled, by topic. */
  readonly lag: Source<Readonly<Record<string, number>>>
}

/** The dashboard's own figures. @returns what to call with each change. */
export const addMetrics = (metrics: Metrics, { projection, readers, lag }: Watched) => {
  const registers = [metrics.registry]
  const behind = { name: 'shop_consumer_lag', label: 'topic', source: 'consumer_lag' } as const
  sampledGauge(metrics, { ...behind, help: 'Messages in a topic that this service has not yet handled.' }, lag)
  const records = new Counter({ name: 'dashboard_records_total', help: 'Records read into the store.', registers })
  const age = new Histogram({
    name: 'dashboard_lag_seconds',
    help: 'Seconds from the time of a record in Kafka to its being stored here.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 10, 60],
    registers,
  })
  new Gauge({
    name: 'dashboard_orders',
    help: 'Orders in the store.',
    registers,
    collect() {
      this.set(projection.totals().all)
    },
  })
  new Gauge({
    name: 'dashboard_records_left_out',
    help: 'Records that could not be taken into the store, since it was made; the log says which and why.',
    registers,
    collect() {
      this.set(projection.totals().leftOut ?? 0)
    },
  })
  new Gauge({
    name: 'dashboard_readers',
    help: 'Pages that follow the stream.',
    registers,
    collect() {
      this.set(readers())
    },
  })
  return ({ events, lagsMs }: Change): void => {
    records.inc(events)
    for (const ms of lagsMs) age.observe(ms / 1_000)
  }
}

import type { ServicePoint, ServiceState } from './api.ts'
import { byLabel, readMetrics, type Sample, sumOf } from './metrics-text.ts'
import { standingSecondsMin, standstillsIn } from './standstills.ts'
import { reasonOf, type Upstream } from './upstream.ts'

const answerMsMax = 3_000
const pointsMsMax = 15 * 60_000

interface Watched {
  state: ServiceState
  /** By `performance.now()`. */
  readAt: number
  points: ServicePoint[]
}

/** What the services' /metrics say, and how that went in the last 15 minutes. */
export class ServicesWatch {
  readonly #upstream: Upstream
  readonly #watched = new Map<string, Watched>()

  constructor(upstream: Upstream) {
    this.#upstream = upstream
  }

  states(): readonly ServiceState[] {
    return this.#upstream.services.map(
      (service) => this.#watched.get(service)?.state ?? { service, up: false, error: 'not asked yet' },
    )
  }

  points(since: number): readonly { readonly service: string; readonly points: readonly ServicePoint[] }[] {
    return [...this.#watched].map(([service, { points }]) => ({
      service,
      points: points.filter((p) => Date.parse(p.at) >= since),
    }))
  }

  async read(): Promise<void> {
    await Promise.all(this.#upstream.services.map((service) => this.#readOne(service)))
  }

  async #readOne(service: string): Promise<void> {
    const now = Date.now()
    const readAt = performance.now()
    const last = this.#watched.get(service)
    const points = (last?.points ?? []).filter((p) => Date.parse(p.at) > now - pointsMsMax)
    try {
      const { status, text } = await this.#upstream.call(service, '/metrics', { timeoutMs: answerMsMax })
      if (status !== 200) throw new Error(`/metrics says ${status}`)
      const samples = readMetrics(text)
      const totals = totalsOf(samples)
      const point = pointOf(totals, last, { now, readAt }, samples)
      const rate = point && { handledPerSecond: point.handledPerSecond }
      const state: ServiceState = { service, up: true, ...totals, ...rate, ...(await this.#standing(service, samples)) }
      this.#watched.set(service, { state, readAt, points: point === undefined ? points : [...points, point] })
    } catch (error) {
      this.#watched.set(service, { state: { service, up: false, error: reasonOf(error) }, readAt, points })
    }
  }

  /** Why something stands still only /readyz says; it is asked when there is something. */
  async #standing(service: string, samples: readonly Sample[]): Promise<Pick<ServiceState, 'standstills'>> {
    const seconds = byLabel(samples, 'shop_stuck_seconds', 'part')
    if (!Object.values(seconds).some((s) => s >= standingSecondsMin)) return {}
    const { text } = await this.#upstream.call(service, '/readyz', { timeoutMs: answerMsMax })
    return { standstills: standstillsIn(service, seconds, text) }
  }
}

const scaled = (value: number | undefined, by: number) => (value === undefined ? undefined : Math.round(value * by))

/** Without the entries that are undefined. */
const present = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as never

const totalsOf = (samples: readonly Sample[]) => {
  const startedAt = sumOf(samples, 'process_start_time_seconds')
  return present({
    outboxDepth: sumOf(samples, 'shop_outbox_depth'),
    outboxOldestMs: scaled(sumOf(samples, 'shop_outbox_oldest_seconds'), 1_000),
    handledTotal: sumOf(samples, 'shop_messages_handled_total') ?? 0,
    duplicatesTotal: sumOf(samples, 'shop_messages_duplicate_total') ?? 0,
    retriesTotal: sumOf(samples, 'shop_handling_retries_total') ?? 0,
    deadLetteredTotal: sumOf(samples, 'shop_messages_dead_lettered_total') ?? 0,
    deadLetters: byLabel(samples, 'shop_dead_letters', 'kind'),
    startedAt: startedAt === undefined ? undefined : new Date(startedAt * 1_000).toISOString(),
    residentBytes: sumOf(samples, 'process_resident_memory_bytes'),
  })
}

/** Undefined after a restart, and at first: there is nothing to compare with. */
const pointOf = (
  totals: ReturnType<typeof totalsOf>,
  last: Watched | undefined,
  { now, readAt }: { readonly now: number; readonly readAt: number },
  samples: readonly Sample[],
): ServicePoint | undefined => {
  if (last === undefined || !last.state.up || last.state.startedAt !== totals.startedAt) return undefined
  const seconds = (readAt - last.readAt) / 1_000
  const rate = (after: number, before = 0) => Math.max(0, Math.round(((after - before) / seconds) * 10) / 10)
  const { outboxDepth, outboxOldestMs } = totals
  return present({
    at: new Date(now).toISOString(),
    handledPerSecond: rate(totals.handledTotal, last.state.handledTotal),
    duplicatesPerSecond: rate(totals.duplicatesTotal, last.state.duplicatesTotal),
    retriesPerSecond: rate(totals.retriesTotal, last.state.retriesTotal),
    outboxDepth,
    outboxOldestMs,
    lag: sumOf(samples, 'shop_consumer_lag'),
  })
}

export interface SeriesAnswer {
  /** Milliseconds that one point stands for. */
  readonly stepMs: number
  /** Oldest first, by the events' own `at`; steps without anything are left out. */
  readonly sagas: readonly SagaPoint[]
  /** By service, oldest first; at most the last 15 minutes, since the dashboard's process began. */
  readonly services: readonly { readonly service: string; readonly points: readonly ServicePoint[] }[]
}

export interface SagaPoint {
  /** Begin of the step. */
  readonly at: string
  readonly placed: number
  readonly confirmed: number
  readonly cancelled: number
  readonly events: number
  /** Of the orders that ended in this step, from first to final event; absent without any. Within 10 % of the true value. */
  readonly durationP50Ms?: number
  readonly durationP95Ms?: number
}

export interface ServicePoint {
  readonly at: string
  readonly handledPerSecond: number
  readonly duplicatesPerSecond: number
  readonly retriesPerSecond: number
  readonly outboxDepth?: number
  readonly outboxOldestMs?: number
  readonly lag?: number
}

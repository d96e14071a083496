import type { Rates } from './api.ts'
import type { Change } from './projection.ts'

const windowMs = 5_000
const lagsMax = 5_000

interface Entry {
  readonly at: number
  readonly events: number
  readonly placed: number
  readonly ended: number
  readonly lagsMs: readonly number[]
}

/** What was read in the last 5 s. */
export class RecentRates {
  #entries: Entry[] = []

  add({ events, placed, ended, lagsMs }: Change, now = performance.now()): void {
    this.#entries = [...this.#entries.filter((e) => e.at > now - windowMs), { at: now, events, placed, ended, lagsMs }]
  }

  read(now = performance.now()): Rates {
    const recent = this.#entries.filter((e) => e.at > now - windowMs)
    const perSecond = (of: (e: Entry) => number) =>
      Math.round((recent.reduce((sum, e) => sum + of(e), 0) / (windowMs / 1_000)) * 10) / 10
    const lags = Float64Array.from(recent.flatMap((e) => e.lagsMs).slice(-lagsMax)).sort()
    const share = (part: number) => lags[Math.min(lags.length - 1, Math.floor(lags.length * part))] ?? 0
    return {
      eventsPerSecond: perSecond((e) => e.events),
      placedPerSecond: perSecond((e) => e.placed),
      endedPerSecond: perSecond((e) => e.ended),
      ...(lags.length === 0 ? {} : { lagP50Ms: share(0.5), lagP95Ms: share(0.95) }),
    }
  }
}

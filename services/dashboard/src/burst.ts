import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Burst, BurstRequest, OrderRequest } from './api.ts'
import { failingPresets, goodOrder } from './presets.ts'

export const burstMax = 5_000
export const burstPerSecondMax = 200
const inFlightMax = 50
const tickMs = 100

/** Places so many orders at a steady rate; at most one burst at a time, at most 50 requests under way. */
export class Bursts {
  readonly #place: (order: OrderRequest) => Promise<boolean>
  #latest: Burst | undefined
  #ending = new AbortController()

  /** @param place resolves to whether the order was accepted; never rejects. */
  constructor(place: (order: OrderRequest) => Promise<boolean>) {
    this.#place = place
  }

  get latest(): Burst | undefined {
    return this.#latest
  }

  /** @returns undefined while one runs. */
  start({ count, perSecond = 50, failing = 0 }: BurstRequest): Burst | undefined {
    if (this.#latest?.running) return undefined
    this.#ending = new AbortController()
    const burst = {
      id: randomUUID(),
      count,
      perSecond,
      placed: 0,
      refused: 0,
      running: true,
      startedAt: new Date().toISOString(),
    }
    this.#latest = burst
    void this.#run(burst, failing, this.#ending.signal)
    return burst
  }

  stop(): void {
    this.#ending.abort()
  }

  async #run(burst: Burst, failing: number, signal: AbortSignal): Promise<void> {
    const beganAt = performance.now()
    const underWay = new Set<Promise<void>>()
    for (let sent = 0; sent < burst.count && !signal.aborted; ) {
      const due = Math.min(burst.count, Math.ceil(((performance.now() - beganAt) / 1_000) * burst.perSecond))
      while (sent < due && underWay.size < inFlightMax) {
        const placing = this.#one(orderOf(sent++, failing)).finally(() => underWay.delete(placing))
        underWay.add(placing)
      }
      if (underWay.size >= inFlightMax) await Promise.race(underWay)
      else await pause(tickMs, undefined, { signal }).catch(() => {})
    }
    await Promise.all(underWay)
    this.#change({ running: false, endedAt: new Date().toISOString() })
  }

  async #one(order: OrderRequest): Promise<void> {
    const accepted = await this.#place(order)
    const { placed = 0, refused = 0 } = this.#latest ?? {}
    this.#change(accepted ? { placed: placed + 1 } : { refused: refused + 1 })
  }

  #change(change: Partial<Burst>): void {
    if (this.#latest !== undefined) this.#latest = { ...this.#latest, ...change }
  }
}

/** Spreads the failing ones evenly. */
const orderOf = (n: number, failing: number): OrderRequest => {
  const failed = Math.floor((n + 1) * failing)
  const fails = failed > Math.floor(n * failing)
  return (fails ? failingPresets[failed % failingPresets.length]?.order : undefined) ?? goodOrder(n)
}

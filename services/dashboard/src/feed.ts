import { randomBytes } from 'node:crypto'
import type { Frame, Snapshot } from './api.ts'
import { type Order, summaryOf } from './order.ts'
import type { Change, Projection } from './projection.ts'
import { RecentRates } from './rates.ts'

export const framesPerSecondMax = 15
export const ordersPerFrameMax = 50
const snapshotOrders = 50
/** Forty seconds of frames at the highest rate. */
const ringMax = 600

/** A frame on its way to the pages. */
export interface Sent {
  /** `<process>.<position>`: an id of another process is unknown here. */
  readonly id: string
  /** A `Frame` as JSON, made once for all readers. */
  readonly text: string
}

export type Listener = (sent: Sent, changed: ReadonlySet<string>) => void

/**
 * Turns changes into frames: at most fifteen a second, each with the totals and some of the changed orders, whatever comes in. The last 600
 * are kept, so that a page that was cut off for a while misses nothing.
 */
export class Feed {
  readonly #projection: Projection
  readonly #rates = new RecentRates()
  readonly #epoch = randomBytes(4).toString('hex')
  readonly #ring: Sent[] = []
  readonly #listeners = new Set<Listener>()
  readonly #onError: (error: unknown) => void
  #position = 0
  #changed = new Map<string, Order>()
  #timer: NodeJS.Timeout | undefined
  #framedAt = 0

  /** @param onError is told what went wrong with a frame, or with one that listens; the next frame is made all the same. */
  constructor(projection: Projection, onError: (error: unknown) => void = () => {}) {
    this.#projection = projection
    this.#onError = onError
  }

  /** Of the latest frame. */
  get id(): string {
    return `${this.#epoch}.${this.#position}`
  }

  tell(change: Change): void {
    if (change.events === 0) return
    this.#rates.add(change)
    for (const order of change.orders) this.#changed.set(order.orderId, order)
    const sinceLast = performance.now() - this.#framedAt
    this.#timer ??= setTimeout(() => this.#safely(() => this.#frame()), Math.max(0, 1_000 / framesPerSecondMax - sinceLast))
  }

  rates() {
    return this.#rates.read()
  }

  snapshot(): Snapshot {
    const orders = this.#projection.store.orders({ limit: snapshotOrders }).map(summaryOf)
    return { at: new Date().toISOString(), totals: this.#projection.totals(), orders, rates: this.rates() }
  }

  /** The frames after `id`; undefined when some of them are no longer known, or never were. */
  since(id: string): readonly Sent[] | undefined {
    const [epoch, position] = id.split('.')
    const missed = this.#position - Number(position)
    if (epoch !== this.#epoch || !(missed >= 0 && missed <= this.#ring.length)) return undefined
    return this.#ring.slice(this.#ring.length - missed)
  }

  /** @returns how to end it. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #frame(): void {
    this.#timer = undefined
    this.#framedAt = performance.now()
    const changed = this.#changed
    this.#changed = new Map()
    const orders = [...changed.values()].sort((a, b) => Number(b.endedAt !== null) - Number(a.endedAt !== null))
    const shown = orders.slice(0, ordersPerFrameMax)
    const frame: Frame = {
      at: new Date().toISOString(),
      totals: this.#projection.totals(),
      orders: shown.map(summaryOf),
      omitted: orders.length - shown.length,
      rates: this.rates(),
    }
    this.#position++
    const sent = { id: this.id, text: JSON.stringify(frame) }
    this.#ring.push(sent)
    if (this.#ring.length > ringMax) this.#ring.shift()
    const ids = new Set(changed.keys())
    for (const listener of this.#listeners) this.#safely(() => listener(sent, ids))
  }

  /** It runs in a timer, where what is thrown would end the process. */
  #safely(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#onError(error)
    }
  }
}

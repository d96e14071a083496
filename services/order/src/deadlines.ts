import { type Log, restAfterSweep } from '@shop/messaging'

export interface DeadlineOptions {
  /** Asks for the order to be cancelled; does nothing when it is no longer PENDING. */
  readonly cancel: (orderId: string) => Promise<void>
  /** The pending orders with the earliest deadlines, as [orderId, milliseconds since 1970]. */
  readonly pending: (limit: number) => Promise<(readonly [string, number])[]>
  readonly log: Log
}

const tickMs = 250
/** The database is asked for orders that other processes placed; most are known from placing them here. */
const sweepIntervalMsMin = 30_000
const sweepIntervalMsMax = 120_000
const sweptMax = 10_000
const cancellationsPerTickMax = 200

/** Cancels orders that are PENDING at their deadline, by this process's own clock and memory, and by a sweep for those of others. */
export class Deadlines {
  readonly #options: DeadlineOptions
  /** In the order of their deadlines, but for what a sweep added: orders get the same time, so the oldest is due first. */
  #due = new Map<string, number>()
  #sweepAt = 0
  #timer: NodeJS.Timeout | undefined
  #ticking: Promise<void> = Promise.resolve()

  constructor(options: DeadlineOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#ticking = this.#tick().finally(() => {
        if (this.#timer) this.start()
      })
    }, tickMs)
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#ticking
  }

  placed(orderId: string, deadlineMs: number): void {
    this.#due.set(orderId, deadlineMs)
  }

  ended(orderId: string): void {
    this.#due.delete(orderId)
  }

  async #tick(): Promise<void> {
    try {
      if (performance.now() >= this.#sweepAt) await this.#sweep()
      let left = cancellationsPerTickMax
      for (const [orderId, deadlineMs] of this.#due) {
        if (deadlineMs > Date.now() || left-- === 0) break
        await this.#options.cancel(orderId)
        this.#due.delete(orderId)
      }
    } catch (error) {
      this.#options.log.warn({ err: error }, 'deadlines: trying again')
    }
  }

  async #sweep(): Promise<void> {
    const begunAt = performance.now()
    const swept = await this.#options.pending(sweptMax)
    this.#due = new Map([...swept, ...this.#due].sort(([, a], [, b]) => a - b))
    this.#sweepAt = performance.now() + restAfterSweep(performance.now() - begunAt, sweepIntervalMsMin, sweepIntervalMsMax)
  }
}

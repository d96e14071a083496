import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'

const drainMsMax = 60_000
const connectionsByDefault = 64
const retryAfterMs = 50
/** Orders that wait for their answer; beyond it the load is late instead of large. */
const unansweredMax = 20_000
const earlyMax = 100_000

export type Outcome = 'confirmed' | 'cancelled'

interface Open {
  readonly sentAt: number
  readonly done: () => void
}

const nothing = () => {}

/** One stretch of load, and what became of its orders. Times are of this process's clock, in milliseconds. */
export class Load {
  readonly #pools: readonly Pool[]
  readonly #body: (n: number) => string
  readonly #open = new Map<string, Open>()
  /** Ends that came before the answer to the POST. */
  readonly #early = new Map<string, { readonly endedAt: number; readonly outcome: Outcome }>()
  #placed = 0
  #unanswered = 0
  #firstSentAt = 0
  #lastAnswerAt = 0
  #lastEndAt = 0
  readonly timesMs: number[] = []
  accepted = 0
  refused = 0
  failed = 0
  confirmed = 0
  cancelled = 0

  /**
   * @param orderUrls of all processes of the order service; they take turns.
   * @param connections so many requests are under way at any time, the others wait here.
   */
  constructor(orderUrls: readonly string[], body: (n: number) => string, connections = connectionsByDefault) {
    const perProcess = Math.ceil(connections / orderUrls.length)
    this.#pools = orderUrls.map(
      (url) => new Pool(url, { connections: perProcess, pipelining: 1, bodyTimeout: 30_000, headersTimeout: 30_000 }),
    )
    this.#body = body
  }

  /** Told by the follower. Orders of others are passed over. */
  end(orderId: string, outcome: Outcome): void {
    const now = performance.now()
    const order = this.#open.get(orderId)
    if (order !== undefined) this.#note(orderId, order, now, outcome)
    else if (this.#unanswered > 0 && this.#early.size < earlyMax) this.#early.set(orderId, { endedAt: now, outcome })
  }

  #note(orderId: string, { sentAt, done }: Open, endedAt: number, outcome: Outcome): void {
    this.#open.delete(orderId)
    this[outcome]++
    this.timesMs.push(endedAt - sentAt)
    this.#lastEndAt = Math.max(this.#lastEndAt, endedAt)
    done()
  }

  #answered(orderId: string, order: Open): void {
    this.accepted++
    this.#open.set(orderId, order)
    const early = this.#early.get(orderId)
    if (early === undefined || !this.#early.delete(orderId)) return
    this.#note(orderId, order, early.endedAt, early.outcome)
  }

  async #post(): Promise<{ statusCode: number; text: string }> {
    const pool = this.#pools[this.#placed % this.#pools.length] as Pool
    const { statusCode, body } = await pool.request({
      path: '/orders',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: this.#body(this.#placed++),
    })
    return { statusCode, text: await body.text() }
  }

  /** Places one order. `done` is called when it has ended, or a little after it was not accepted. */
  async #place(done: () => void): Promise<void> {
    const sentAt = performance.now()
    this.#firstSentAt ||= sentAt
    this.#unanswered++
    const { statusCode, text } = await this.#post().catch(() => ({ statusCode: 0, text: '' }))
    this.#unanswered--
    this.#lastAnswerAt = performance.now()
    if (statusCode === 201) return this.#answered(text.slice(12, 48), { sentAt, done }) // {"orderId":"…"
    if (statusCode === 503) this.refused++
    else this.failed++
    setTimeout(done, retryAfterMs)
  }

  /** As many orders as can be, with so many on their way at any time: the end of one sends the next. */
  async closed(inFlight: number, seconds: number): Promise<void> {
    const until = performance.now() + seconds * 1_000
    const next = () => {
      if (performance.now() < until) void this.#place(next)
    }
    for (let i = 0; i < inFlight; i++) next()
    await pause(seconds * 1_000)
  }

  /** So many a second, whatever becomes of them. */
  async atRate(rate: number, seconds: number): Promise<void> {
    const began = performance.now()
    const total = Math.max(1, Math.floor(rate * seconds))
    // Late when the shop answers nothing for long; then the rest is given up.
    for (let sent = 0; sent < total && performance.now() - began < seconds * 1_000 + drainMsMax; ) {
      const due = Math.min(total, Math.floor(((performance.now() - began) / 1_000) * rate) + 1)
      for (; sent < due && this.#unanswered < unansweredMax; sent++) void this.#place(nothing)
      await pause(Math.max(1, Math.min(20, 1_000 / rate)))
    }
  }

  /** Waits until every order has been answered and has ended, a minute at most. */
  async drain(): Promise<void> {
    const until = performance.now() + drainMsMax
    while (this.#open.size + this.#unanswered > 0 && performance.now() < until) await pause(20)
    await Promise.all(this.#pools.map((pool) => pool.destroy()))
  }

  /** Without an end, or without an answer. */
  get open(): number {
    return this.#open.size + this.#unanswered
  }
  get acceptedPerSecond(): number {
    return (this.accepted / (this.#lastAnswerAt - this.#firstSentAt)) * 1_000
  }
  get completedPerSecond(): number {
    return (this.timesMs.length / (this.#lastEndAt - this.#firstSentAt)) * 1_000
  }
  /** From the first POST to the last end. */
  get seconds(): number {
    return (this.#lastEndAt - this.#firstSentAt) / 1_000
  }
}

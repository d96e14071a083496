import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'

/** Which orders are placed. */
export interface Mix {
  /** Percent of the orders that fail, in turn because of too little money, of no stock, and of an address that is not served. */
  readonly failPercent: number
  readonly customers: number
  readonly hotAccount: boolean
}

const address = { name: 'Bench', street: 'Main Street 1', city: 'Berlin', postalCode: '10115' }
const bodyOf = (customerId: string, sku: string, country = 'DE'): string =>
  JSON.stringify({ customerId, lines: [{ sku, quantity: 1 }], shippingAddress: { ...address, country } })

/** The n-th order's body; made once per kind, since the load must cost little. */
export const bodies = ({ failPercent, customers, hotAccount }: Mix): ((n: number) => string) => {
  const names = Array.from({ length: hotAccount ? 1 : customers }, (_, i) => `load-${String(i + 1).padStart(3, '0')}`)
  const good = names.map((name) => bodyOf(name, 'sticker'))
  const failing = [
    [bodyOf('bob', 'laptop')],
    names.map((name) => bodyOf(name, 'unicorn')),
    names.map((name) => bodyOf(name, 'sticker', 'AQ')),
  ]
  let failed = 0
  return (n) => {
    const fails = Math.floor(((n + 1) * failPercent) / 100) > Math.floor((n * failPercent) / 100)
    const list = (fails ? failing[failed++ % failing.length] : good) ?? good
    return list[n % list.length] ?? ''
  }
}

const drainMsMax = 60_000
const connections = 64

type Outcome = 'confirmed' | 'cancelled'

interface Open {
  readonly sentAt: number
  readonly ended?: () => void
}

/** One stretch of load, and what became of its orders. */
export class Load {
  readonly #pool: Pool
  readonly #body: (n: number) => string
  readonly #open = new Map<string, Open>()
  /** Ends that came before the answer to the POST. */
  readonly #early = new Map<string, { readonly endedAt: number; readonly outcome: Outcome }>()
  #placed = 0
  readonly timesMs: number[] = []
  accepted = 0
  refused = 0
  failed = 0
  confirmed = 0
  cancelled = 0
  #firstSentAt = 0
  #lastAnswerAt = 0
  #lastEndAt = 0

  constructor(orderUrl: string, body: (n: number) => string) {
    this.#pool = new Pool(orderUrl, { connections, pipelining: 1, bodyTimeout: 30_000, headersTimeout: 30_000 })
    this.#body = body
  }

  /** Told by the follower. Orders of others are passed over. */
  end(orderId: string, outcome: Outcome): void {
    const now = performance.now()
    const order = this.#open.get(orderId)
    if (order === undefined) {
      if (this.#early.size < 100_000) this.#early.set(orderId, { endedAt: now, outcome })
      return
    }
    this.#open.delete(orderId)
    this.#note(order, now, outcome)
  }

  #note({ sentAt, ended }: Open, endedAt: number, outcome: Outcome): void {
    this[outcome]++
    this.timesMs.push(endedAt - sentAt)
    this.#lastEndAt = endedAt
    ended?.()
  }

  /** Resolves when the order has been answered; `ended` is called when it has ended, or was not accepted. */
  async #place(ended?: () => void): Promise<void> {
    const sentAt = performance.now()
    this.#firstSentAt ||= sentAt
    try {
      const { statusCode, body } = await this.#pool.request({
        path: '/orders',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: this.#body(this.#placed++),
      })
      const text = await body.text()
      this.#lastAnswerAt = performance.now()
      if (statusCode !== 201) {
        if (statusCode === 503) this.refused++
        else this.failed++
        await pause(50) // as who was told to come back later
        ended?.()
        return
      }
      this.accepted++
      const orderId = text.slice(12, 48) // {"orderId":"…"
      const early = this.#early.get(orderId)
      const order = { sentAt, ...(ended && { ended }) }
      if (early === undefined) this.#open.set(orderId, order)
      else {
        this.#early.delete(orderId)
        this.#note(order, early.endedAt, early.outcome)
      }
    } catch {
      this.failed++
      await pause(50)
      ended?.()
    }
  }

  /** As many orders as can be, with so many on their way at any time. */
  async closed(inFlight: number, seconds: number): Promise<void> {
    const until = performance.now() + seconds * 1_000
    const worker = async () => {
      while (performance.now() < until) {
        const { promise, resolve } = Promise.withResolvers<void>()
        await this.#place(resolve)
        await Promise.race([promise, pause(drainMsMax, undefined, { ref: false })])
      }
    }
    await Promise.all(Array.from({ length: inFlight }, worker))
  }

  /** So many a second, whatever becomes of them. Not more than 20,000 wait for their answer. */
  async atRate(rate: number, seconds: number): Promise<void> {
    const began = performance.now()
    const total = Math.floor(rate * seconds)
    const pending = new Set<Promise<void>>()
    for (let sent = 0; sent < total; ) {
      const due = Math.min(total, Math.floor(((performance.now() - began) / 1_000) * rate) + 1)
      for (; sent < due && pending.size < 20_000; sent++) {
        const placing: Promise<void> = this.#place().finally(() => pending.delete(placing))
        pending.add(placing)
      }
      await pause(Math.max(1, Math.min(20, 1_000 / rate)))
    }
    await Promise.all(pending)
  }

  /** Waits until every accepted order has ended, a minute at most. */
  async drain(): Promise<void> {
    const until = performance.now() + drainMsMax
    while (this.#open.size > 0 && performance.now() < until) await pause(20)
    await this.#pool.close()
  }

  get open(): number {
    return this.#open.size
  }
  get acceptedPerSecond(): number {
    return (this.accepted / (this.#lastAnswerAt - this.#firstSentAt)) * 1_000
  }
  get completedPerSecond(): number {
    return (this.timesMs.length / (this.#lastEndAt - this.#firstSentAt)) * 1_000
  }
  get seconds(): number {
    return (this.#lastEndAt - this.#firstSentAt) / 1_000
  }
}

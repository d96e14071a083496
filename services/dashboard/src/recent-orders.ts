import type { Contributions, OrderWithEvents } from './order.ts'

/** An order as it is in the store, and what it adds to the figures. */
export interface Kept {
  readonly current: OrderWithEvents
  readonly contributions: Contributions
}

/** Orders on their way, and some more: some kilobytes each. */
const ordersMax = 5_000

/** Of the open orders those that changed last, so that the next event of one needs no look-up: only this process writes the store. */
export class RecentOrders {
  readonly #orders = new Map<string, Kept>()

  get(orderId: string): Kept | undefined {
    return this.#orders.get(orderId)
  }

  /** Notes what has been committed. */
  keep(orderId: string, kept: Kept): void {
    this.#orders.delete(orderId)
    this.#orders.set(orderId, kept)
    if (this.#orders.size <= ordersMax) return
    const [oldest] = this.#orders.keys()
    if (oldest !== undefined) this.#orders.delete(oldest)
  }

  forget(orderId: string): void {
    this.#orders.delete(orderId)
  }
}

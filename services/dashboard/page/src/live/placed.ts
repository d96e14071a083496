import { signal } from '@preact/signals'
import type { OrderSummary, Saga } from '#api'
import { get } from '#page/live/server.ts'
import { onOrders } from '#page/live/stream.ts'

export interface PlacedOrder {
  readonly orderId: string
  readonly title: string
  /** Absent until an event of it has come. */
  readonly order?: OrderSummary
}

const keptMax = 8

/** The orders that were placed from this tab, newest first. */
export const placedHere = signal<readonly PlacedOrder[]>([])

export const rememberPlaced = (orderId: string, title: string): void => {
  // Its events may have come before the answer that told its id.
  const order = recent.get(orderId)
  const placed = { orderId, title, ...(order ? { order } : {}) }
  placedHere.value = [placed, ...placedHere.value.filter((p) => p.orderId !== orderId)].slice(0, keptMax)
}

/** The orders that were heard of last. */
const recent = new Map<string, OrderSummary>()
const recentMax = 500
const remember = (orders: readonly OrderSummary[]): void => {
  for (const order of orders) {
    recent.delete(order.orderId)
    recent.set(order.orderId, order)
  }
  for (const id of recent.keys()) {
    if (recent.size <= recentMax) break
    recent.delete(id)
  }
}

const update = (orders: readonly OrderSummary[]): void => {
  if (placedHere.value.length === 0) return
  const changed = new Map(orders.map((o) => [o.orderId, o]))
  if (!placedHere.value.some((p) => changed.has(p.orderId))) return
  placedHere.value = placedHere.value.map((p) => {
    const order = changed.get(p.orderId)
    return order && (p.order === undefined || order.events >= p.order.events) ? { ...p, order } : p
  })
}

/** Under load not every order is told of: those still open here are asked for. */
const askForOpen = (): void => {
  for (const { orderId, order } of placedHere.value)
    if (order?.endedAt === undefined)
      get<Saga>(`/api/orders/${orderId}`).then(
        (saga) => update([saga.order]),
        () => {},
      )
}

const askEveryMs = 2_000
/** Keeps `placedHere` as the orders are now, while somebody looks. @returns what ends it. */
export const followPlaced = (): (() => void) => {
  const stop = onOrders((news) => {
    remember(news.orders)
    update(news.orders)
  })
  const timer = setInterval(askForOpen, askEveryMs)
  askForOpen()
  return () => {
    stop()
    clearInterval(timer)
  }
}

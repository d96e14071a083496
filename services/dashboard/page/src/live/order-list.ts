import { signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { OrderPage, OrderState, OrderSummary } from '#api'
import { get, Refused } from '#page/live/server.ts'
import { onOrders, rates } from '#page/live/stream.ts'

export interface OrderFilter {
  readonly state: OrderState | ''
  readonly customerId: string
  /** Open, and nothing heard of it for at least so long. '' for any. */
  readonly stuckMs: string
}

const pageSize = 100
/** More than these are not kept here: older ones are asked for again. */
const rowsMax = 1_000
/** Above this many new orders a second nobody can read along: then the list moves on once a second. */
const readablePerSecond = 100
const calmMs = 1_000
const askAgainMs = 1_000

const queryOf = ({ state, customerId, stuckMs }: OrderFilter, cursor?: string): string => {
  const query = new URLSearchParams({ limit: String(pageSize) })
  for (const [name, value] of Object.entries({ state, customerId, stuckMs, cursor: cursor ?? '' }))
    if (value !== '') query.set(name, value)
  return `/api/orders?${query}`
}

const fits = (order: OrderSummary, { state, customerId, stuckMs }: OrderFilter): boolean =>
  (state === '' || order.state === state) && (customerId === '' || order.customerId === customerId) && stuckMs === ''

const newestFirst = (a: OrderSummary, b: OrderSummary): number =>
  a.firstAt === b.firstAt ? (a.orderId < b.orderId ? 1 : -1) : a.firstAt < b.firstAt ? 1 : -1

/** The orders that fit a filter, newest first, kept as they are now. Made for one filter; `close` ends it. */
const liveOrders = (filter: OrderFilter) => {
  const rows = signal<readonly OrderSummary[]>([])
  const ready = signal(false)
  const error = signal<string | undefined>(undefined)
  const more = signal<string | undefined>(undefined)
  /** While true nothing moves; what comes meanwhile is shown afterwards. */
  const held = signal(false)
  const byId = new Map<string, OrderSummary>()
  let shownAtMs = 0
  let later: ReturnType<typeof setTimeout> | undefined
  let asking: ReturnType<typeof setTimeout> | undefined
  let closed = false

  const show = () => {
    later = undefined
    shownAtMs = performance.now()
    const sorted = [...byId.values()].sort(newestFirst)
    for (const gone of sorted.splice(rowsMax)) byId.delete(gone.orderId)
    rows.value = sorted
  }
  const showSoon = () => {
    if (held.peek() || later !== undefined || closed) return
    const calm = (rates.peek()?.placedPerSecond ?? 0) > readablePerSecond
    const waitMs = calm ? Math.max(0, shownAtMs + calmMs - performance.now()) : 0
    if (waitMs === 0) show()
    else later = setTimeout(show, waitMs)
  }
  const ask = async (cursor?: string) => {
    try {
      const page = await get<OrderPage>(queryOf(filter, cursor))
      if (closed) return
      if (cursor === undefined && filter.stuckMs !== '') byId.clear() // time alone makes orders stuck: only the server's list is true
      for (const order of page.orders) byId.set(order.orderId, order)
      if (cursor !== undefined || !ready.peek()) more.value = page.nextCursor
      error.value = undefined
      ready.value = true
      show()
    } catch (problem) {
      error.value = problem instanceof Refused ? problem.message : String(problem)
    }
  }
  const askSoon = () => {
    if (asking === undefined && !closed)
      asking = setTimeout(() => {
        asking = undefined
        if (!held.peek()) void ask()
      }, askAgainMs)
  }
  const stop = onOrders((news) => {
    for (const order of news.orders) {
      if (fits(order, filter)) byId.set(order.orderId, order)
      else byId.delete(order.orderId)
    }
    if (news.anew || news.omitted > 0 || filter.stuckMs !== '') askSoon()
    if (ready.peek()) showSoon()
  })
  const stuck = filter.stuckMs === '' ? undefined : setInterval(askSoon, askAgainMs * 2)
  void ask()
  return {
    rows,
    ready,
    error,
    more,
    held,
    hold: (hold: boolean) => {
      held.value = hold
      if (!hold) show()
    },
    loadMore: () => ask(more.peek()),
    close: () => {
      closed = true
      stop()
      clearTimeout(later)
      clearTimeout(asking)
      clearInterval(stuck)
    },
  }
}

/** {@link liveOrders} for as long as the component shows this filter. */
export const useLiveOrders = ({ state, customerId, stuckMs }: OrderFilter) => {
  const list = useMemo(() => liveOrders({ state, customerId, stuckMs }), [state, customerId, stuckMs])
  useEffect(() => list.close, [list])
  return list
}

import { batch, computed, effect, signal } from '@preact/signals'
import type { Burst, FlowLive, Frame, OrderSummary, Rates, Saga, Snapshot, StreamMessages, Totals } from '#api'
import { route } from '#page/route.ts'

export type Connection = 'connecting' | 'live' | 'lost'

export const connection = signal<Connection>('connecting')
export const totals = signal<Totals | undefined>(undefined)
export const rates = signal<Rates | undefined>(undefined)
export const flowLive = signal<FlowLive | undefined>(undefined)
export const burst = signal<Burst | undefined>(undefined)
/** The order of the order page; `undefined` until the stream told of it, `null` when it knows none. */
export const saga = signal<Saga | null | undefined>(undefined)

/** What one repaint brought to the list of orders. */
export interface OrderNews {
  /** True when all that was known before is to be dropped. */
  readonly anew: boolean
  readonly orders: readonly OrderSummary[]
  /** Orders that changed and are not listed. */
  readonly omitted: number
}
type Listener = (news: OrderNews) => void
const listeners = new Set<Listener>()

/** Tells of changed orders, at most once for each repaint of the page. @returns what ends it. */
export const onOrders = (listener: Listener): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Messages wait here for the next repaint; a hidden tab repaints never, so it keeps the latest of each order and no more. */
let waiting: {
  anew: boolean
  orders: Map<string, OrderSummary>
  omitted: number
  totals?: Totals
  rates?: Rates
  saga?: Saga | null
} = {
  anew: false,
  orders: new Map(),
  omitted: 0,
}
const waitingOrdersMax = 2_000
let scheduled = false

const atNextRepaint = (): void => {
  if (scheduled) return
  scheduled = true
  requestAnimationFrame(() => {
    scheduled = false
    const now = waiting
    waiting = { anew: false, orders: new Map(), omitted: 0 }
    batch(() => {
      if (now.totals) totals.value = now.totals
      if (now.rates) rates.value = now.rates
      if (now.saga !== undefined) saga.value = now.saga
      const news = { anew: now.anew, orders: [...now.orders.values()], omitted: now.omitted }
      if (news.anew || news.orders.length > 0 || news.omitted > 0) for (const tell of listeners) tell(news)
    })
  })
}

const take = (message: Snapshot | Frame): void => {
  const anew = !('omitted' in message)
  if (anew) waiting = { ...waiting, anew: true, orders: new Map(), omitted: 0 }
  for (const order of message.orders) waiting.orders.set(order.orderId, order)
  if (waiting.orders.size > waitingOrdersMax) {
    waiting.omitted += waiting.orders.size
    waiting.orders.clear()
  }
  if (!anew) waiting.omitted += message.omitted
  waiting.totals = message.totals
  waiting.rates = message.rates
  atNextRepaint()
}

const reopenMs = 2_000
const shownOrder = computed(() => route.value.orderId)

/** Keeps the page's one stream open, for the order that the address names. EventSource resumes by itself where it was cut off. */
export const keepStreaming = (): void => {
  effect(() => {
    const orderId = shownOrder.value
    let source: EventSource
    let reopening: ReturnType<typeof setTimeout> | undefined
    const open = () => {
      source = new EventSource(orderId === undefined ? '/api/stream' : `/api/stream?order=${encodeURIComponent(orderId)}`)
      listen(source)
      source.onopen = () => {
        connection.value = 'live'
      }
      source.onerror = () => {
        connection.value = 'lost'
        // Closed for good: the server answered something that is no stream. A new one begins with a snapshot.
        if (source.readyState === EventSource.CLOSED) reopening = setTimeout(open, reopenMs)
      }
    }
    saga.value = undefined
    open()
    return () => {
      clearTimeout(reopening)
      source.close()
    }
  })
}

const listen = (source: EventSource): void => {
  const on = <Name extends keyof StreamMessages>(name: Name, then: (message: StreamMessages[Name]) => void) =>
    source.addEventListener(name, (event: MessageEvent<string>) => then(JSON.parse(event.data)))
  on('snapshot', take)
  on('frame', take)
  on('saga', (message) => {
    waiting.saga = message
    atNextRepaint()
  })
  on('saga-unknown', () => {
    waiting.saga = null
    atNextRepaint()
  })
  on('pulse', (message) =>
    batch(() => {
      flowLive.value = message.flow
      rates.value = message.rates
      burst.value = message.burst
    }),
  )
}

import type { FlowLive } from './flow.ts'
import type { OrderSummary, Totals } from './orders.ts'
import type { Saga } from './saga.ts'
import type { Burst } from './shop.ts'

/**
 * The messages of GET /api/stream by their `event:` name; each has JSON in `data:`. Heartbeats are comments every 10 s besides.
 *
 * - After connecting: with a Last-Event-ID that is still in the ring, the frames since then; else one `snapshot`.
 *   With ?order=, one `saga` besides (or `saga-unknown` when nothing of it was seen yet).
 * - Then `frame`s, at most 15 a second, only when something changed. A reader that is too slow gets no frames meanwhile and then a `snapshot`.
 * - `saga` whenever the order of ?order= changed: the whole view, to be put in place of the former one. Always masked.
 * - `pulse` every 2 s: figures of services, topics and consumers. It has no id.
 * `snapshot` and `frame` carry ids; EventSource sends the last one again by itself.
 */
export interface StreamMessages {
  readonly snapshot: Snapshot
  readonly frame: Frame
  readonly saga: Saga
  readonly 'saga-unknown': { readonly orderId: string }
  readonly pulse: Pulse
}

/** All that a page needs to begin anew: put it in place of what frames had brought. */
export interface Snapshot {
  readonly at: string
  readonly totals: Totals
  /** The newest 50. */
  readonly orders: readonly OrderSummary[]
  readonly rates: Rates
}

/** What changed since the frame before. */
export interface Frame {
  readonly at: string
  readonly totals: Totals
  /** Those that changed, each as it is now; at most `ordersPerFrameMax`, first those that ended. Replace or insert by orderId. */
  readonly orders: readonly OrderSummary[]
  /** So many more orders changed than are listed: ask GET /api/orders again when you show a filtered list. */
  readonly omitted: number
  readonly rates: Rates
}

/** Over the last 5 s. */
export interface Rates {
  readonly eventsPerSecond: number
  readonly placedPerSecond: number
  readonly endedPerSecond: number
  /** From the record's time in Kafka to its being stored here, of the events in these 5 s; absent without any. */
  readonly lagP50Ms?: number
  readonly lagP95Ms?: number
}

export interface Pulse {
  readonly at: string
  readonly flow: FlowLive
  readonly rates: Rates
  /** The latest one, also after it has ended. */
  readonly burst?: Burst
}

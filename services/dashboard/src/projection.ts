import type { ConsumedRecord } from '@shop/messaging'
import type { OrderState, TopicState, Totals } from './api.ts'
import { type Observation, observe, placeOf, type SeenEvent, type SeenLetter } from './observation.ts'
import {
  addDifference,
  type Contributions,
  contributionsOf,
  newOrder,
  type Order,
  type OrderWithEvents,
  withEvent,
} from './order.ts'
import { type Kept, RecentOrders } from './recent-orders.ts'
import type { Store } from './store.ts'

export interface Retention {
  /** Orders that began longer ago are forgotten, in milliseconds. */
  readonly ms: number
  /** Orders kept, at most. */
  readonly ordersMax: number
}

/** What one chunk of records changed. */
export interface Change {
  readonly orders: readonly Order[]
  /** Records that were new. */
  readonly events: number
  readonly placed: number
  readonly ended: number
  /** From each event's time in Kafka to now, in milliseconds. */
  readonly lagsMs: readonly number[]
}

const forgetMax = 500
const leftOutFigure = 'leftOut'

/**
 * True when more was read of a partition than it has: the topics are others than those that the store was filled from.
 * @param topics as they were asked for after `positions` were taken; the other way round, what came in between would look like that.
 */
export const isAheadOf = (positions: ReadonlyMap<string, number>, topics: readonly TopicState[]): boolean =>
  topics.some(({ topic, partitions }) =>
    partitions.some(({ partition, end }) => (positions.get(`${topic}/${partition}`) ?? 0) > end),
  )

/**
 * Fills the store from records. A record that was read before changes nothing: its offset is below the stored position, which is
 * written in the same transaction. Figures of the whole shop are kept beside, each changed by what its orders changed.
 */
export class Projection {
  readonly store: Store
  /** Those of the whole shop by name; see `contributionsOf`. */
  readonly #figures: Map<string, number>
  readonly #positions: Map<string, number>
  readonly #recent = new RecentOrders()

  constructor(store: Store) {
    this.store = store
    this.#figures = store.figures()
    this.#positions = store.positions()
  }

  figure(name: string): number {
    return this.#figures.get(name) ?? 0
  }

  totals(): Totals {
    const state = (name: OrderState) => this.figure(`state:${name}`)
    const states = {
      PENDING: state('PENDING'),
      CANCELLING: state('CANCELLING'),
      CONFIRMED: state('CONFIRMED'),
      CANCELLED: state('CANCELLED'),
    }
    const all = states.PENDING + states.CANCELLING + states.CONFIRMED + states.CANCELLED
    return { ...states, all, ...this.#rest() }
  }

  #rest() {
    const leftOut = this.figure(leftOutFigure)
    return {
      events: this.figure('events'),
      duplicates: this.figure('duplicates'),
      deadLetters: this.figure('deadLetters'),
      ...(leftOut === 0 ? {} : { leftOut }),
    }
  }

  apply(records: readonly ConsumedRecord[], now = Date.now()): Change {
    const fresh = records.filter((r) => this.#isFresh(placeOf(r)))
    const observed = fresh.map(observe)
    const touched = new Map<string, OrderWithEvents>()
    const changed = new Map<string, Kept>()
    const difference: Contributions = new Map()
    const next = new Map(fresh.map(placeOf).map((place) => [`${place.topic}/${place.partition}`, place]))
    this.store.transaction(() => {
      const before = new Map<string, Contributions>()
      for (const each of observed) this.#take(each, touched, before, now)
      for (const [orderId, current] of touched) {
        this.store.saveOrder(current.order)
        const contributions = contributionsOf(current)
        addDifference(difference, before.get(orderId) ?? new Map(), contributions)
        changed.set(orderId, { current, contributions })
      }
      this.#save(difference)
      for (const { topic, partition, offset } of next.values()) this.store.savePosition(topic, partition, offset + 1)
    })
    for (const [orderId, kept] of changed) {
      if (kept.current.order.endedAt === null) this.#recent.keep(orderId, kept)
      else this.#recent.forget(orderId)
    }
    for (const [name, { offset }] of next) this.#positions.set(name, offset + 1)
    this.#count(difference)
    const ended = (difference.get('event:OrderConfirmed') ?? 0) + (difference.get('event:OrderCancelled') ?? 0)
    return {
      orders: [...touched.values()].map(({ order }) => order).filter(({ events }) => events > 0),
      events: fresh.length,
      placed: difference.get('event:OrderPlaced') ?? 0,
      ended,
      lagsMs: observed.flatMap((o) =>
        o.kind === 'event' && o.event.writtenAt > 0 ? [Math.max(0, now - o.event.writtenAt)] : [],
      ),
    }
  }

  /** Goes on behind a record that cannot be taken, and counts it. */
  passOver(record: ConsumedRecord): void {
    const place = placeOf(record)
    if (!this.#isFresh(place)) return
    const { topic, partition, offset } = place
    const difference: Contributions = new Map([[leftOutFigure, 1]])
    this.store.transaction(() => {
      this.#save(difference)
      this.store.savePosition(topic, partition, offset + 1)
    })
    this.#positions.set(`${topic}/${partition}`, offset + 1)
    this.#count(difference)
  }

  #isFresh({ topic, partition, offset }: ReturnType<typeof placeOf>): boolean {
    return offset >= (this.#positions.get(`${topic}/${partition}`) ?? 0)
  }

  /** What was read so far: the next offset by `<topic>/<partition>`. */
  positions(): ReadonlyMap<string, number> {
    return new Map(this.#positions)
  }

  /** Forgets some of the orders that are too old or too many. @returns how many. */
  forget({ ms, ordersMax }: Retention, now = Date.now()): number {
    const surplus = this.totals().all - ordersMax
    const old = this.store.oldest(forgetMax).filter(({ firstAt }, i) => firstAt < now - ms || i < surplus)
    const difference: Contributions = new Map()
    this.store.transaction(() => {
      for (const { orderId, state } of old) {
        if (state !== '') difference.set(`state:${state}`, (difference.get(`state:${state}`) ?? 0) - 1)
        this.store.forget(orderId)
      }
      this.#save(difference)
      this.store.forgetSeries(now - ms)
    })
    for (const { orderId } of old) this.#recent.forget(orderId)
    this.#count(difference)
    return old.length
  }

  #take(observed: Observation, touched: Map<string, OrderWithEvents>, before: Map<string, Contributions>, now: number): void {
    if (observed.orderId === undefined) return
    const at = observed.kind === 'event' ? observed.event.at : now
    const current = touched.get(observed.orderId) ?? this.#load(observed.orderId, at, before)
    touched.set(
      observed.orderId,
      observed.kind === 'event' ? this.#event(current, observed.event, now) : this.#letter(current, observed.letter),
    )
  }

  #load(orderId: string, at: number, before: Map<string, Contributions>): OrderWithEvents {
    const kept = this.#recent.get(orderId)
    if (kept !== undefined) {
      before.set(orderId, kept.contributions)
      return kept.current
    }
    const order = this.store.order(orderId)
    if (order === undefined) return { order: newOrder(orderId, at), told: [] }
    const found = { order, told: this.store.told(orderId) }
    before.set(orderId, contributionsOf(found))
    return found
  }

  #event(current: OrderWithEvents, event: SeenEvent, now: number): OrderWithEvents {
    const { order, told, copyOf, kept } = withEvent(current, event)
    const { facts: _, ...row } = event
    if (kept) this.store.addEvent(order.orderId, { ...row, copyOf, seenAt: now })
    return { order, told }
  }

  #letter({ order, told }: OrderWithEvents, letter: SeenLetter): OrderWithEvents {
    this.store.addLetter(order.orderId, letter)
    return { order: { ...order, deadLetters: order.deadLetters + 1 }, told }
  }

  #save(difference: Contributions): void {
    for (const [name, n] of difference) {
      const [at, series] = name.split('/')
      if (series === undefined) this.store.addToFigure(name, n)
      else this.store.addToSeries(Number(at), series, n)
    }
  }

  #count(difference: Contributions): void {
    for (const [name, n] of difference) if (!name.includes('/')) this.#figures.set(name, this.figure(name) + n)
  }
}

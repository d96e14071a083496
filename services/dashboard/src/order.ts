/** Pure: an order as the dashboard keeps it, and what it adds to the figures of the whole shop. */
import type { OrderState, OrderSummary } from './api.ts'
import { binOf, stepOf } from './durations.ts'
import { type SeenEvent, undecodable } from './observation.ts'
import { edgesWalked, expectationsOf, genuine, isTerminal, isUndoing, positionOf, stateOf, type Told } from './saga.ts'
import { iso } from './times.ts'

/** A row; times in milliseconds since 1970. */
export interface Order {
  readonly orderId: string
  readonly customerId: string | null
  readonly total: number | null
  readonly currency: string | null
  readonly reason: string | null
  /** Empty as long as no event of it could be read: then it is not shown. */
  readonly state: OrderState | ''
  readonly firstAt: number
  readonly lastAt: number
  readonly lastType: string
  readonly endedAt: number | null
  readonly events: number
  readonly duplicates: number
  readonly deadLetters: number
  readonly compensated: number
  /** Names, separated by blanks. */
  readonly waitingFor: string
  /** Records that were not kept, since there were too many. */
  readonly omitted: number
}

/** Most records kept of one order. */
export const recordsMax = 1_000
/** Of which so many leave no room for further copies and unreadable records: those are only counted, so that no event of its saga is lost. */
const copiesMax = 500

export const newOrder = (orderId: string, at: number): Order => ({
  orderId,
  customerId: null,
  total: null,
  currency: null,
  reason: null,
  state: '',
  firstAt: at,
  lastAt: at,
  lastType: '',
  endedAt: null,
  events: 0,
  duplicates: 0,
  deadLetters: 0,
  compensated: 0,
  waitingFor: '',
  omitted: 0,
})

/** What only the data of an event tells. */
const facts = (order: Order, { type, facts }: SeenEvent): Order => {
  if (facts === null || (type !== 'OrderPlaced' && type !== 'OrderCancelled')) return order
  const { customerId, total, currency, reason } = facts
  return {
    ...order,
    customerId: customerId ?? order.customerId,
    total: total ?? order.total,
    currency: currency ?? order.currency,
    // An order is placed for no reason, whatever a later version may say.
    reason: type === 'OrderCancelled' ? (reason ?? order.reason) : order.reason,
  }
}

export interface OrderWithEvents {
  readonly order: Order
  /** Of the order, as many as are kept. */
  readonly told: readonly Told[]
}

/** The order with one more record; `kept` is false for one beyond the bounds. What cannot be read is nobody's copy. */
export const withEvent = (
  { order, told }: OrderWithEvents,
  event: SeenEvent,
): OrderWithEvents & { copyOf: string | null; kept: boolean } => {
  const readable = event.type !== undecodable
  const first = readable ? told.find((e) => e.id === event.id && e.type === event.type && e.copyOf === null) : undefined
  const copyOf = first === undefined ? null : positionOf(first)
  const kept = told.length < (readable && copyOf === null ? recordsMax : copiesMax)
  const { topic, partition, offset, id, type, causationId, at } = event
  const all = kept ? [...told, { topic, partition, offset, id, type, causationId, at, copyOf }] : told
  const counted = {
    ...order,
    duplicates: order.duplicates + (copyOf === null ? 0 : 1),
    omitted: order.omitted + (kept ? 0 : 1),
  }
  return { order: concluded(facts(counted, event), all), told: all, copyOf, kept }
}

const concluded = (order: Order, told: readonly Told[]): Order => {
  const events = genuine(told)
  const [head] = events
  if (head === undefined) return order
  const first = events.reduce((a, b) => (b.at < a.at ? b : a), head)
  const last = events.reduce((a, b) => (b.at > a.at || (b.at === a.at && isTerminal(b.type)) ? b : a), head)
  const ended = events.find((e) => isTerminal(e.type))
  return {
    ...order,
    state: stateOf(events),
    firstAt: first.at,
    lastAt: last.at,
    lastType: last.type,
    endedAt: ended?.at ?? null,
    events: events.length,
    compensated: events.some((e) => isUndoing(e.type)) ? 1 : 0,
    waitingFor: [...new Set(expectationsOf(events).map((e) => e.service))].join(' '),
  }
}

/** A name and how much of it: `state:PENDING`, `event:OrderPlaced`, `edge:A>B`, `start:A`, `<step in ms>/placed` … */
export type Contributions = Map<string, number>

const seriesOf: Readonly<Record<string, string>> = {
  OrderPlaced: 'placed',
  OrderConfirmed: 'confirmed',
  OrderCancelled: 'cancelled',
}

/** What one order adds to the figures. Their sum over all orders is the shop's: a change of an order changes it by the difference. */
export const contributionsOf = ({ order, told }: OrderWithEvents): Contributions => {
  const sums: Contributions = new Map()
  const add = (name: string, n = 1) => sums.set(name, (sums.get(name) ?? 0) + n)
  if (order.state !== '') add(`state:${order.state}`)
  if (order.duplicates > 0) add('duplicates', order.duplicates)
  if (order.deadLetters > 0) add('deadLetters', order.deadLetters)
  for (const { type, at, causationId } of genuine(told)) {
    add('events')
    add(`event:${type}`)
    if (causationId === null) add(`start:${type}`)
    add(`${stepOf(at)}/events`)
    const series = seriesOf[type]
    if (series !== undefined) add(`${stepOf(at)}/${series}`)
  }
  for (const edge of edgesWalked(told)) add(`edge:${edge}`)
  if (order.endedAt !== null) add(`${stepOf(order.endedAt)}/bin:${binOf(order.endedAt - order.firstAt)}`)
  return sums
}

/** Adds after − before to `into`. */
export const addDifference = (into: Contributions, before: Contributions, after: Contributions): void => {
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const change = (after.get(name) ?? 0) - (before.get(name) ?? 0)
    if (change !== 0) into.set(name, (into.get(name) ?? 0) + change)
  }
}

export const summaryOf = (order: Order): OrderSummary => ({
  orderId: order.orderId,
  state: order.state === '' ? 'PENDING' : order.state,
  ...(order.customerId === null ? {} : { customerId: order.customerId }),
  ...(order.total === null ? {} : { total: order.total }),
  ...(order.currency === null ? {} : { currency: order.currency }),
  ...(order.reason === null ? {} : { reason: order.reason }),
  firstAt: iso(order.firstAt),
  lastAt: iso(order.lastAt),
  lastType: order.lastType,
  ...(order.endedAt === null ? {} : { endedAt: iso(order.endedAt), durationMs: order.endedAt - order.firstAt }),
  events: order.events,
  duplicates: order.duplicates,
  deadLetters: order.deadLetters,
  compensated: order.compensated === 1,
  waitingFor: order.waitingFor === '' ? [] : order.waitingFor.split(' '),
})

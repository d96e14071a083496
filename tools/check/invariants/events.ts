/** A committed change and its events are both there, or neither is; and they keep their order. */
import type { Invariant } from '../invariant.ts'
import { isLeftOut, type OrderView } from '../order-view.ts'
import type { EventRecord } from '../snapshot.ts'
import { eventsOf, missingStateOf } from './backing.ts'

export const outboxesEmpty: Invariant = {
  id: 'outboxes-empty',
  title: 'Every stored event has gone to the broker: the outboxes are empty',
  notIn: { 'two-phase': 'nobody tells events here' },
  begin: (_shop, found) => {
    const figures = { waiting: 0 }
    return {
      order: ({ orderId, outbox }) => {
        for (const { service, type, id } of outbox) {
          figures.waiting++
          found(`${type} ${id} waits in the outbox of ${service}`, orderId)
        }
      },
      figures: () => figures,
    }
  },
}

export const noGhostEvents: Invariant = {
  id: 'no-ghost-events',
  title: 'Every event on the topics has the state that belongs to it, once',
  needsTopics: true,
  begin: (shop, found) => {
    const figures = { records: shop.topics?.recordCount ?? 0, events: 0, copies: 0 }
    return {
      order: (o) => {
        figures.events += o.events.length
        figures.copies += o.records.length - o.events.length
        const types = new Set<string>()
        for (const event of o.events) {
          if (o.isDoubted(event) || isAnothersOrder(o, event)) continue
          const missing = missingStateOf(o, event)
          if (missing !== undefined) found(`${event.type} ${event.id} was told, but ${missing}`, o.orderId)
          else if (types.has(event.type)) found(`a second ${event.type} was told: ${event.id}`, o.orderId)
          types.add(event.type)
        }
        if (o.records.length > o.events.length) for (const text of differingCopies(o)) found(text, o.orderId)
      },
      figures: () => figures,
    }
  },
}

type WithData = Pick<EventRecord, 'data' | 'partial'>

/** Of a copy that some cannot decode, what the others look at has to be the same. */
const isSameData = (first: WithData, copy: WithData): boolean => {
  if (!first.partial && !copy.partial) return JSON.stringify(first.data) === JSON.stringify(copy.data)
  const [one, other] = [first.data, copy.data] as Readonly<Record<string, unknown>>[]
  return Object.keys(one ?? {}).every(
    (field) => other?.[field] === undefined || JSON.stringify(one?.[field]) === JSON.stringify(other[field]),
  )
}

/** The order that payment took for this one. */
const isAnothersOrder = (o: OrderView, { type, id }: EventRecord): boolean =>
  o.isContradicted && type === 'OrderPlaced' && id !== o.order?.correlationId

const differingCopies = (o: OrderView): string[] =>
  o.records.flatMap((copy) => {
    const first = o.eventsById.get(copy.id)
    const isSame =
      first === undefined ||
      first === copy ||
      o.isDoubted(copy) ||
      (first.topic === copy.topic && first.type === copy.type && isSameData(first, copy))
    return isSame ? [] : [`two events have the id ${copy.id}: ${first.type} and another ${copy.type}`]
  })

export const noLostEvents: Invariant = {
  id: 'no-lost-events',
  title: 'Every change of state has its event on the topics',
  needsTopics: true,
  begin: ({ topics }, found) => {
    const figures = { changes: 0, inOutboxes: 0, ordersOlderThanTopics: 0 }
    return {
      order: (o) => {
        if (!o.isOnTopics) {
          if (topics?.since !== undefined) figures.ordersOlderThanTopics++
          return
        }
        for (const { type, id, change } of eventsOf(o)) {
          figures.changes++
          const is = (e: { readonly id: string; readonly type: string }) => e.type === type && (id === undefined || e.id === id)
          if (o.events.some(is)) continue
          if (o.outbox.some(is)) figures.inOutboxes++
          else if (!isLeftOut(o, type))
            found(`${change}, but there is no ${type}${id === undefined ? '' : ` ${id}`} on the topics`, o.orderId)
        }
      },
      figures: () => figures,
    }
  },
}

/**
 * The position of the order's events in the order in which their producer stored them: for order the history's, for payment the
 * ledger's. The others keep no event ids: their ids are UUIDv7, made just before they are stored, so they sort by time.
 */
const storedOrderOf = (o: OrderView, owner: string): ReadonlyMap<string, number> => {
  const ids =
    owner === 'order'
      ? (o.order?.history ?? []).map((e) => e.eventId)
      : [...o.ledger].sort((one, other) => one.entry - other.entry).map((e) => e.transactionId)
  return new Map([...new Set(ids)].map((id, position) => [id, position]))
}

const hasRank = new Set(['order', 'payment'])

export const eventsInStoredOrder: Invariant = {
  id: 'events-in-stored-order',
  title:
    'Per order and topic, first occurrences stand in the order in which they were stored (by history, by ledger, else by UUIDv7), in one partition',
  needsTopics: true,
  begin: (_shop, found) => {
    const figures = { sequences: 0, pairs: 0 }
    return {
      order: (o) => {
        if (o.records.length === 0) return
        // What the broker had lost stands behind what came later.
        const again = new Set(o.records.flatMap((r) => (r.again ? r.id : [])))
        for (const [topic, events] of Map.groupBy(o.events, (e) => e.topic)) {
          figures.sequences++
          const partitions = new Set(o.records.filter((r) => r.topic === topic && !o.isDoubted(r)).map((r) => r.partition))
          if (partitions.size > 1) found(`its events stand in partitions ${[...partitions].join(' and ')} of ${topic}`, o.orderId)
          const owner = topic.split('.').at(-1) ?? ''
          const isRanked = hasRank.has(owner)
          const stored = storedOrderOf(o, owner)
          const known = events.filter((e) => !again.has(e.id) && (isRanked ? stored.has(e.id) : !o.isDoubted(e)))
          known.slice(1).forEach((later, i) => {
            const earlier = known[i]
            if (earlier === undefined) return
            figures.pairs++
            const isInOrder = isRanked ? (stored.get(earlier.id) ?? 0) < (stored.get(later.id) ?? 0) : earlier.id < later.id
            if (!isInOrder) found(`${earlier.type} was stored after ${later.type}, but stands before it on ${topic}`, o.orderId)
          })
        }
      },
      figures: () => figures,
    }
  },
}

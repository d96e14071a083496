/** What must hold of a run beyond the invariants of the shop: what clients were promised, and what only a run's own view shows. */

import { isDeepStrictEqual } from 'node:util'
import { serviceNames } from '@shop/choreography'
import { MemoryTables } from '@shop/messaging/memory'
import type { Order } from '../../services/order/src/order.ts'
import { sameLines } from '../../tools/check/order-view.ts'
import { type EventRecord, handledAs, type OrderFile } from '../../tools/check/snapshot.ts'
import type { Breach } from './breach.ts'
import type { Answer } from './customers.ts'
import { deadLetterTopics, eventTopics, topicsOf } from './subscriptions.ts'
import type { World } from './world.ts'

const isOrderOf = ({ request: { command } }: Answer, order: Order): boolean =>
  order.customerId === command.customerId && sameLines(order.lines, command.lines)

/** A client that was given an order has it; the same key has given the same order. */
export const answersKept = ({ databases }: World, answers: readonly Answer[]): Breach[] => {
  const id = 'answers-kept'
  const byKey = new Map<string, string>()
  return answers.flatMap((answer): Breach[] => {
    const { orderId, request } = answer
    if (orderId === undefined) return []
    const order = databases.order.documents.get(orderId)?.state
    if (order === undefined) return [{ id, orderId, text: 'was accepted, but there is no such order' }]
    if (!isOrderOf(answer, order)) return [{ id, orderId, text: 'was accepted, but is another order than was asked for' }]
    if (request.key === undefined) return []
    const first = byKey.get(request.key) ?? orderId
    byKey.set(request.key, first)
    return first === orderId ? [] : [{ id, orderId, text: `${request.key} gave another order before: ${first}` }]
  })
}

/** Delivery, the owner of the pivot, rejects an order of whose cancellation it heard before it could schedule it. */
export const cancellationsHonoured = (orders: readonly OrderFile[]): Breach[] =>
  orders.flatMap(({ orderId, shipment, handled, records }) => {
    if (shipment?.status !== 'SCHEDULED') return []
    const ids = handled.delivery ?? []
    const handledAt = (type: string): number => {
      const record = records.find((r) => r.type === type)
      return record === undefined ? -1 : ids.findIndex((as) => handledAs(record).includes(as))
    }
    const cancelledAt = handledAt('OrderCancellationRequested')
    const isInTime = cancelledAt >= 0 && cancelledAt < Math.max(handledAt('OrderPlaced'), handledAt('StockReserved'))
    return isInTime
      ? [{ id: 'cancellations-honoured', orderId, text: 'delivery knew of the cancellation, and scheduled it' }]
      : []
  })

/** A consumer handles the events of an order on one topic in their order, also when one of them had to be set aside for a while. */
export const handledInOrder = ({ databases }: World, orders: readonly OrderFile[]): Breach[] => {
  const inboxes = new Map(
    serviceNames.map((service) => {
      const database = databases[service]
      return [service, database instanceof MemoryTables ? rankOf(database.inbox) : undefined] as const
    }),
  )
  return orders.flatMap((file) =>
    serviceNames.flatMap((service) => {
      const ranks = inboxes.get(service) ?? rankOf(file.handled[service] ?? [])
      return topicsOf(service).flatMap((topic) => outOfOrder(service, topic, file, ranks))
    }),
  )
}

const rankOf = (ids: Iterable<string>): Map<string, number> => {
  const ranks = new Map<string, number>()
  for (const id of ids) if (!ranks.has(id)) ranks.set(id, ranks.size)
  return ranks
}

const rankIn = (ranks: ReadonlyMap<string, number>, record: EventRecord): number | undefined => {
  for (const as of handledAs(record)) {
    const rank = ranks.get(as)
    if (rank !== undefined) return rank
  }
  return undefined
}

const outOfOrder = (
  service: string,
  topic: string,
  { orderId, records }: OrderFile,
  ranks: ReadonlyMap<string, number>,
): Breach[] => {
  const seen = new Set<string>()
  let [latest, latestType] = [-1, '']
  for (const record of records) {
    if (record.topic !== topic || seen.has(record.id)) continue
    seen.add(record.id)
    const rank = rankIn(ranks, record)
    if (rank === undefined) continue
    if (rank < latest)
      return [{ id: 'handled-in-order', orderId, text: `${service} handled ${latestType} before ${record.type}` }]
    latest = rank
    latestType = record.type
  }
  return []
}

/** Nothing is set aside as failed where nothing was there to fail: passing faults are waited for, however long they last. */
export const lettersHaveCause = ({ profile, broker }: World): Breach[] => {
  if (profile.poison > 0) return []
  return deadLetterTopics.flatMap(({ service, name }) =>
    broker
      .partitions(name)
      .flatMap((p) => p.records)
      .filter(({ headers }) => headers['dead-letter-kind'] === 'failed')
      .map(({ headers }) => ({
        id: 'letters-have-cause',
        text: `${service} set an event aside: ${headers['dead-letter-error']}`,
      })),
  )
}

/** The copy of what was set aside has the very bytes of it. */
export const copiesAreExact = ({ broker, hadForgotten }: World): Breach[] => {
  if (hadForgotten) return [] // another record may stand in its place
  const records = new Map(
    eventTopics.flatMap((t) => broker.partitions(t).flatMap((p) => p.records.map((r) => [`${t}/${r.position}`, r]))),
  )
  return deadLetterTopics.flatMap(({ service, name }) =>
    broker
      .partitions(name)
      .flatMap((p) => p.records)
      .flatMap(({ key, value, raw, headers }) => {
        const place = `${headers['dead-letter-topic']}/${headers['dead-letter-position']}`
        const record = records.get(place)
        const isSame =
          record !== undefined && record.key === key && isDeepStrictEqual([record.value, record.raw?.key], [value, raw?.key])
        return isSame ? [] : [{ id: 'copies-are-exact', text: `the copy that ${service} made of ${place} is another record` }]
      }),
  )
}

/** Whatever comes in whatever order, nothing that the services themselves tell contradicts what another one knows. */
export const honestIsTrusted = ({ databases, forged }: World): Breach[] =>
  serviceNames.flatMap((service) =>
    databases[service].letters
      .find({ limit: 1_000 })
      .filter(
        ({ record, failure }) =>
          failure.kind === 'suspicious' && !isForged(forged, record.headers.ce_id, record.headers.ce_causationid),
      )
      .map(({ record, failure }) => ({
        id: 'honest-is-trusted',
        ...(record.key === null ? {} : { orderId: record.key }),
        text: `${service} doubts ${record.headers.ce_type}: ${failure.error}`,
      })),
  )

const isForged = (forged: ReadonlyMap<string, string>, ...ids: readonly (string | undefined)[]): boolean =>
  ids.some((id) => id !== undefined && forged.has(id))

import { pivot } from '@shop/choreography'
import type { Saga, SagaDeadLetter, SagaEvent } from './api.ts'
import { masked } from './mask.ts'
import { type SeenLetter, serviceOf, undecodable } from './observation.ts'
import { recordsMax, summaryOf } from './order.ts'
import { compensationsOf, expectationsOf, genuine, isTerminal, positionOf } from './saga.ts'
import type { EventRow, Store } from './store.ts'
import { iso } from './times.ts'

const lettersMax = 200

/** One order's saga as the page draws it; undefined when no event of it was seen. */
export const sagaView = (store: Store, orderId: string, { unmask = false } = {}): Saga | undefined => {
  const order = store.order(orderId)
  if (order === undefined || order.events === 0) return undefined
  const rows = store.events(orderId, recordsMax)
  const byId = new Map(genuine(rows).map((e) => [e.id, e]))
  return {
    order: summaryOf(order),
    events: rows.map((row) => eventView(row, order.firstAt, byId, unmask)),
    eventsOmitted: order.omitted,
    compensations: compensationsOf(rows),
    expected: expectationsOf(rows),
    deadLetters: store.letters(orderId, lettersMax).map(letterView),
    masked: !unmask,
  }
}

const eventView = (row: EventRow, firstAt: number, byId: ReadonlyMap<string, EventRow>, unmask: boolean): SagaEvent => {
  const cause = row.causationId === null ? undefined : byId.get(row.causationId)
  const data: unknown = row.data === null || row.type === undecodable ? undefined : JSON.parse(row.data)
  return {
    position: positionOf(row),
    topic: row.topic,
    partition: row.partition,
    offset: row.offset,
    service: serviceOf(row.type, row.topic),
    type: row.type,
    id: row.id,
    ...(row.causationId === null ? {} : { causationId: row.causationId }),
    correlationId: row.correlationId,
    ...(row.traceparent === null ? {} : { traceparent: row.traceparent }),
    at: iso(row.at),
    writtenAt: iso(row.writtenAt),
    seenAt: iso(row.seenAt),
    sinceStartMs: row.at - firstAt,
    ...(cause === undefined ? {} : { sinceCauseMs: row.at - cause.at }),
    ...(row.copyOf === null ? {} : { copyOf: row.copyOf }),
    ...(data === undefined ? {} : { data: unmask ? data : masked(data) }),
    ...(row.error === null ? {} : { error: row.error }),
    headers: headersOf(row),
    terminal: isTerminal(row.type),
    pivot: row.type === pivot.name,
  }
}

/** As `encode` of the messaging kit writes them; they are made again from their parts, which take less room in the store. */
const headersOf = (row: EventRow): Record<string, string> => {
  if (row.type === undecodable) return row.id === '' ? {} : { ce_id: row.id }
  const service = serviceOf(row.type, row.topic)
  return {
    ce_specversion: '1.0',
    ce_id: row.id,
    ce_type: `shop.${service}.${row.type}.v1`,
    ce_source: `/shop/${service}`,
    ce_time: iso(row.at),
    ce_correlationid: row.correlationId,
    ...(row.causationId === null ? {} : { ce_causationid: row.causationId }),
    ...(row.traceparent === null ? {} : { traceparent: row.traceparent }),
    'content-type': 'application/json',
  }
}

const letterView = ({ topic, partition, offset, type, eventId, ...letter }: SeenLetter): SagaDeadLetter => ({
  consumer: letter.consumer,
  position: letter.position,
  kind: letter.kind,
  error: letter.error,
  attempts: letter.attempts,
  ...(type === null ? {} : { type }),
  ...(eventId === null ? {} : { eventId }),
  firstAt: letter.firstAt,
  lastAt: letter.lastAt,
  copy: positionOf({ topic, partition, offset }),
})

import type { EventName, EventOf, EventRecord, OrderFile, Shop } from './snapshot.ts'

/** An order's file, and what follows from it for several invariants. */
export interface OrderView extends OrderFile {
  /** The first occurrence of each event id, per topic in its order. */
  readonly events: readonly EventRecord[]
  readonly eventsById: ReadonlyMap<string, EventRecord>
  told<Name extends EventName>(type: Name): readonly EventOf<Name>[]
  /** False when the broker has removed records that are as old as this order. */
  readonly isOnTopics: boolean
  readonly isOpen: boolean
}

export const viewOf = (file: OrderFile, { topics }: Shop): OrderView => {
  const eventsById = new Map<string, EventRecord>()
  for (const record of file.records) if (!eventsById.has(record.id)) eventsById.set(record.id, record)
  const events = [...eventsById.values()]
  const begunAt =
    file.order?.placedAt ?? events.reduce<string | undefined>((min, e) => (min && min < e.at ? min : e.at), undefined)
  const status = file.order?.status
  return {
    ...file,
    events,
    eventsById,
    told: <Name extends EventName>(type: Name) => events.filter((e): e is EventOf<Name> => e.type === type),
    isOnTopics: topics !== undefined && (topics.since === undefined || (begunAt !== undefined && begunAt >= topics.since)),
    isOpen: status === 'PENDING' || status === 'CANCELLING',
  }
}

/** A request to cancel that came too late is not told again when the broker has lost it. */
export const isLeftOut = ({ order, records }: OrderView, type: string): boolean =>
  type === 'OrderCancellationRequested' && order?.status === 'CONFIRMED' && records.some((r) => r.again)

/** Quantity per SKU; a SKU may stand in several lines. */
export const quantities = (lines: readonly { readonly sku: string; readonly quantity: number }[]): Map<string, number> => {
  const bySku = new Map<string, number>()
  for (const { sku, quantity } of lines) bySku.set(sku, (bySku.get(sku) ?? 0) + quantity)
  return bySku
}

type Lines = Parameters<typeof quantities>[0]

export const sameLines = (a: Lines, b: Lines): boolean => {
  const [left, right] = [quantities(a), quantities(b)]
  return left.size === right.size && [...left].every(([sku, quantity]) => right.get(sku) === quantity)
}

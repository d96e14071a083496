import {
  type EventName,
  type EventOf,
  type EventRecord,
  handledAs,
  type OrderFile,
  placeOf,
  type Shop,
  type Topics,
} from './snapshot.ts'

/** An order's file, and what follows from it for several invariants. */
export interface OrderView extends OrderFile {
  /** The first occurrence of each event, per topic in its order. */
  readonly events: readonly EventRecord[]
  /** True for what a consumer has set aside because it contradicts what it knows: nobody has to have told it. */
  isDoubted(event: EventRecord): boolean
  /** A payment was made, or declined, for another order under its id: it has to end as if there had been none. */
  readonly isContradicted: boolean
  readonly eventsById: ReadonlyMap<string, EventRecord>
  /** Without those that are doubted. */
  told<Name extends EventName>(type: Name): readonly EventOf<Name>[]
  /** False when the broker has removed records that are as old as this order. */
  readonly isOnTopics: boolean
  readonly isOpen: boolean
}

/** Where the records stand that somebody doubted, and who did; found once for all orders. */
const doubtedPlaces = (() => {
  const known = new WeakMap<Topics, ReadonlyMap<string, readonly string[]>>()
  return (topics: Topics): ReadonlyMap<string, readonly string[]> => {
    const found =
      known.get(topics) ??
      new Map(
        [
          ...Map.groupBy(
            topics.deadLetters.filter((l) => l.kind === 'suspicious'),
            (l) => l.origin,
          ),
        ].map(([place, letters]) => [place, letters.map((l) => l.consumer)]),
      )
    known.set(topics, found)
    return found
  }
})()

const nowhere: ReadonlyMap<string, readonly string[]> = new Map()

export const viewOf = (file: OrderFile, { topics, inboxes }: Shop): OrderView => {
  const places = topics === undefined ? nowhere : doubtedPlaces(topics)
  const hasHandled = (consumer: string, event: EventRecord): boolean =>
    handledAs(event).some((as) => inboxes[consumer]?.has(as) ?? file.handled[consumer]?.includes(as) ?? false)
  // What was doubted and was told again when it fitted is doubted no longer.
  const isDoubtedHere = (record: EventRecord): boolean =>
    places.get(placeOf(record.topic, record.partition, record.offset))?.some((consumer) => !hasHandled(consumer, record)) ?? false
  const asOf = (e: EventRecord): string => handledAs(e).at(-1) ?? e.id
  // Of several copies in one batch, one is set aside for all.
  const doubted = new Set(places.size === 0 ? [] : file.records.filter(isDoubtedHere).map(asOf))
  const isDoubted = (e: EventRecord): boolean => doubted.size > 0 && doubted.has(asOf(e))
  const firsts = new Map<string, EventRecord>()
  for (const record of file.records) if (!firsts.has(asOf(record))) firsts.set(asOf(record), record)
  const events = [...firsts.values()]
  const eventsById = new Map<string, EventRecord>()
  for (const e of events) if (!eventsById.has(e.id) || !isDoubted(e)) eventsById.set(e.id, e)
  const begunAt =
    file.order?.placedAt ?? events.reduce<string | undefined>((min, e) => (min && min < e.at ? min : e.at), undefined)
  const status = file.order?.status
  return {
    ...file,
    events,
    isDoubted,
    isContradicted: file.order?.reason === 'order_contradicted',
    eventsById,
    told: <Name extends EventName>(type: Name) => events.filter((e): e is EventOf<Name> => e.type === type && !isDoubted(e)),
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

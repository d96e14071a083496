/** Kafka in: a batch of events, decided in memory in order, written with one statement per table. */
import type { Incoming } from '@shop/choreography'
import { causedBy, distinct, keepTold, type Message, type React } from '@shop/messaging'
import { decide, type Line, type Reservation, remember, type Stock } from './inventory.ts'
import type { InventoryTables } from './tables.ts'

type Events = readonly Incoming<'inventory'>[]
type Reservations = ReadonlyMap<string, Reservation>

/** The lines of the orders, by order, as far as they were kept; else all that come with this batch, of which one may be doubted. */
const linesOf = (events: Events, reservations: Reservations): Map<string, readonly Line[]> => {
  const lines = new Map<string, readonly Line[]>()
  for (const e of events) if (e.type === 'OrderPlaced') lines.set(e.key, [...(lines.get(e.key) ?? []), ...e.data.lines])
  for (const [key, r] of reservations) lines.set(key, r.lines)
  return lines
}

/** The SKUs whose stock may move. Keeping an order's lines moves none: so it waits for no stock. */
const movingSkus = (events: Events, lines: ReadonlyMap<string, readonly Line[]>): string[] => {
  const moving = events.filter((e) => e.type !== 'OrderPlaced')
  return distinct(moving.flatMap((e) => lines.get(e.key) ?? []).map((l) => l.sku))
}

/** The part of the stock that the lines are about; what does not exist is left out. */
const stockOf = (lines: readonly Line[], stock: ReadonlyMap<string, Stock>): Map<string, Stock> => {
  const part = new Map<string, Stock>()
  for (const { sku } of lines) {
    const found = stock.get(sku)
    if (found !== undefined) part.set(sku, found)
  }
  return part
}

/** What was told is named by who answers it. What is told again may have been answered before, with a reservation that is forgotten. */
const remembered = (reservation: Reservation, { again }: Incoming<'inventory'>, told: readonly Message[]): Reservation =>
  again === undefined ? told.reduce(remember, reservation) : reservation

/** @param isWithheld SKUs of which an order gets nothing; default none. */
export const reactions =
  <Work>(
    tables: InventoryTables<Work>,
    isWithheld: (orderId: string, sku: string) => boolean = () => false,
  ): React<Work, Incoming<'inventory'>> =>
  async (work, events, doubt) => {
    const stored = await tables.lockReservations(work, distinct(events.map((e) => e.key)))
    const reservations = new Map(stored)
    const lines = linesOf(events, reservations)
    const stock = await tables.lockStock(work, movingSkus(events, lines))

    const changedReservations = new Map<string, Reservation>()
    const changedStock = new Map<string, Stock>()
    const outgoing: Message[] = []
    for (const event of events) {
      const before = { reservation: reservations.get(event.key), stock: stockOf(lines.get(event.key) ?? [], stock) }
      const { state, emit, suspicious } = decide(before, event, (sku) => isWithheld(event.key, sku))
      if (suspicious !== undefined) doubt(event, suspicious)
      const told = emit.map((fact) => causedBy(event, fact))
      const reservation = state.reservation && keepTold(remembered(state.reservation, event, told), before.reservation, told)
      if (reservation !== undefined && reservation !== before.reservation) {
        reservations.set(event.key, reservation)
        changedReservations.set(event.key, reservation)
      }
      if (state.stock !== before.stock)
        for (const [sku, after] of state.stock) {
          stock.set(sku, after)
          changedStock.set(sku, after)
        }
      outgoing.push(...told)
    }
    await Promise.all([tables.saveReservations(work, changedReservations, stored), tables.saveStock(work, changedStock)])
    return outgoing
  }

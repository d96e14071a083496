/**
 * The tables of inventory, as its reactions need them. `Work` is the database's native handle of one transaction: calls take effect in the order in
 * which they are made, whether or not the one before has been answered.
 */
import type { Reservation, Stock } from './inventory.ts'

export interface InventoryTables<Work> {
  /** The reservations of the orders, locked until the transaction ends. */
  lockReservations(work: Work, orderIds: readonly string[]): Promise<Map<string, Reservation>>
  /** The stock of the SKUs, locked until the transaction ends; orders of one SKU are decided one after the other. */
  lockStock(work: Work, skus: readonly string[]): Promise<Map<string, Stock>>
  /** @param stored those that were there before, as they were locked: what did not change of them need not be written */
  saveReservations(
    work: Work,
    reservations: ReadonlyMap<string, Reservation>,
    stored: ReadonlyMap<string, Reservation>,
  ): Promise<void>
  saveStock(work: Work, stock: ReadonlyMap<string, Stock>): Promise<void>
}

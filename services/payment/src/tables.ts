/**
 * The tables of payment, as its reactions need them. `Work` is the database's native handle of one transaction: calls take effect in the order in
 * which they are made, whether or not the one before has been answered.
 */
import type { Account, Payment, Transfer } from './payment.ts'

/** A transfer and what it is for. */
export interface Booking {
  /** The event or request that moved the money. */
  readonly transactionId: string
  /** Absent for deposits. */
  readonly orderId?: string
  readonly transfer: Transfer
}

export interface PaymentTables<Work> {
  /** The payments of the orders, locked until the transaction ends. */
  lockPayments(work: Work, orderIds: readonly string[]): Promise<Map<string, Payment>>
  /** The customers' accounts, locked until the transaction ends; orders of one customer are decided one after the other. */
  lockAccounts(work: Work, customerIds: readonly string[]): Promise<Map<string, Account>>
  savePayments(work: Work, payments: ReadonlyMap<string, Payment>): Promise<void>
  saveBalances(work: Work, accounts: ReadonlyMap<string, Account>): Promise<void>
  /** Writes both entries of each booking. */
  book(work: Work, bookings: readonly Booking[]): Promise<void>
}

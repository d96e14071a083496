/** The tables of payment and inventory in memory, with the constraints of their SQL schemas. */
import type { MemoryTables, MemoryTransaction } from '@shop/messaging/memory'
import type { Reservation, Stock } from '../../services/inventory/src/inventory.ts'
import type { InventoryTables } from '../../services/inventory/src/tables.ts'
import type { Account, Payment } from '../../services/payment/src/payment.ts'
import type { Booking, PaymentTables } from '../../services/payment/src/tables.ts'
import type { LedgerEntry } from '../../tools/check/snapshot.ts'

export interface LedgerRow extends LedgerEntry {
  /** Absent for deposits. */
  readonly orderId?: string
}

const insist = (holds: boolean, constraint: string): void => {
  if (!holds) throw new Error(`violates the constraint: ${constraint}`)
}

/** Both entries of a booking, under the key that the schema declares unique. */
const entriesOf = ({ transactionId, orderId, transfer: t }: Booking): LedgerRow[] =>
  [
    { account: t.from, amount: -t.amount },
    { account: t.to, amount: t.amount },
  ].map((side, i) => ({
    // Sorts like the identity column: messages are made in the order in which their bookings are stored.
    entry: Number.parseInt(transactionId.slice(0, 8) + transactionId.slice(9, 13), 16) * 2 + i,
    transactionId,
    kind: t.kind,
    currency: t.currency,
    ...side,
    ...(orderId === undefined ? {} : { orderId }),
  }))

export const paymentTables: PaymentTables<MemoryTransaction> = {
  lockPayments: async (work, orderIds) => work.pick<Payment>('payments', orderIds),
  lockAccounts: async (work, customerIds) => work.pick<Account>('accounts', customerIds),
  savePayments: async (work, payments) => {
    for (const [orderId, payment] of payments) {
      const before = work.get<Payment>('payments', orderId)
      const { status, reason, told = [] } = payment
      const after = before === undefined ? payment : { ...before, status, told, ...(reason === undefined ? {} : { reason }) }
      insist(after.amount > 0, 'payments.amount > 0')
      work.set('payments', orderId, after)
    }
  },
  saveBalances: async (work, accounts) => {
    for (const [customerId, { balance }] of accounts) {
      insist(balance >= 0, 'accounts.balance >= 0')
      const before = work.get<Account>('accounts', customerId)
      if (before !== undefined) work.set('accounts', customerId, { ...before, balance })
    }
  },
  book: async (work, bookings) => {
    for (const booking of bookings)
      for (const row of entriesOf(booking)) {
        const key = row.orderId === undefined ? `${row.entry}` : `${row.orderId} ${row.kind} ${row.account}`
        insist(work.get('ledger', key) === undefined, 'ledger UNIQUE (order_id, kind, account)')
        work.set('ledger', key, row)
      }
  },
}

export const inventoryTables: InventoryTables<MemoryTransaction> = {
  lockReservations: async (work, orderIds) => work.pick<Reservation>('reservations', orderIds),
  lockStock: async (work, skus) => work.pick<Stock>('stock', skus),
  saveReservations: async (work, reservations) => {
    for (const [id, reservation] of reservations) work.set('reservations', id, reservation)
  },
  saveStock: async (work, stock) => {
    for (const [sku, { onHand, reserved, issued }] of stock) {
      insist(0 <= reserved && reserved <= onHand, 'stock: 0 <= reserved <= on_hand')
      const before = work.get<Stock>('stock', sku)
      if (before === undefined) continue
      insist(onHand + issued === before.received, 'stock: on_hand + issued = received')
      work.set('stock', sku, { ...before, onHand, reserved, issued })
    }
  },
}

/** What the shop begins with. */
export const stockTables = (payment: MemoryTables, inventory: MemoryTables, opening: Opening): void => {
  const accounts = payment.table<Account>('accounts')
  const ledger = payment.table<LedgerRow>('ledger')
  opening.customers.forEach(({ customerId, balance, blocked = false }, i) => {
    accounts.set(customerId, { balance, currency: 'EUR', blocked })
    const transactionId = `${String(i).padStart(8, '0')}-0000-7000-8000-000000000000`
    const transfer = {
      kind: 'deposit',
      from: 'external:funding',
      to: `customer:${customerId}`,
      amount: balance,
      currency: 'EUR',
    } as const
    for (const row of entriesOf({ transactionId, transfer })) ledger.set(`deposit ${i} ${row.account}`, row)
  })
  const stock = inventory.table<Stock>('stock')
  for (const { sku, quantity } of opening.goods) stock.set(sku, { onHand: quantity, reserved: 0, issued: 0, received: quantity })
}

export interface Opening {
  readonly customers: readonly { readonly customerId: string; readonly balance: number; readonly blocked?: boolean }[]
  readonly goods: readonly { readonly sku: string; readonly quantity: number }[]
}

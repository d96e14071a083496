/** Money is neither made nor lost. All amounts are minor units. */
import { customerAccount, revenue } from '../../../services/payment/src/payment.ts'
import type { Found, Invariant } from '../invariant.ts'
import type { OrderView } from '../order-view.ts'
import type { LedgerEntry } from '../snapshot.ts'

/** What came to the shop by transactions of one kind (what left it, negative), and how many there are. */
const movedBy = (ledger: readonly LedgerEntry[], kind: string) => {
  const entries = ledger.filter((e) => e.kind === kind)
  const amount = entries.filter((e) => e.account === revenue).reduce((sum, e) => sum + e.amount, 0)
  return { amount, count: new Set(entries.map((e) => e.transactionId)).size }
}

export const moneyOf = ({ ledger }: Pick<OrderView, 'ledger'>) => {
  const [captures, refunds] = [movedBy(ledger, 'capture'), movedBy(ledger, 'refund')]
  return { captures: captures.count, refunds: refunds.count, captured: captures.amount, refunded: 0 - refunds.amount }
}

export const moneyKept: Invariant = {
  id: 'money-kept',
  title: 'Captured − refunded = total of CONFIRMED orders; per order never negative, never twice (minor units)',
  begin: (_shop, found) => {
    const figures = { captured: 0, refunded: 0, confirmedTotal: 0, heldForOpenOrders: 0 }
    return {
      order: ({ orderId, order, ledger, isOpen }) => {
        const { captures, refunds, captured, refunded } = moneyOf({ ledger })
        const kept = captured - refunded
        figures.captured += captured
        figures.refunded += refunded
        if (captures > 1) found(`was captured ${captures} times`, orderId)
        if (refunds > 1) found(`was refunded ${refunds} times`, orderId)
        if (kept < 0) found(`more was refunded than captured: ${refunded} of ${captured}`, orderId)
        const due = order?.status === 'CONFIRMED' ? order.total : 0
        figures.confirmedTotal += due
        if (isOpen) figures.heldForOpenOrders += kept
        else if (kept !== due)
          found(`captured − refunded = ${kept}, but ${due} is due: it is ${order?.status ?? 'no order'}`, orderId)
      },
      end: () => {
        const { captured, refunded, confirmedTotal, heldForOpenOrders } = figures
        if (captured - refunded !== confirmedTotal + heldForOpenOrders)
          found(`captured − refunded = ${captured - refunded}, but CONFIRMED orders amount to ${confirmedTotal}`)
      },
      figures: () => figures,
    }
  },
}

const checkTransaction = (entries: readonly LedgerEntry[], found: Found, orderId?: string): void => {
  const id = entries[0]?.transactionId
  const sum = entries.reduce((total, e) => total + e.amount, 0)
  if (sum !== 0) found(`ledger transaction ${id} sums to ${sum}`, orderId)
  if (entries.length !== 2) found(`ledger transaction ${id} has ${entries.length} entries`, orderId)
  if (new Set(entries.map((e) => e.currency)).size > 1) found(`ledger transaction ${id} mixes currencies`, orderId)
}

export const ledgerBalanced: Invariant = {
  id: 'ledger-balanced',
  title: 'Each transaction of the ledger, and the whole ledger, sums to zero',
  begin: ({ deposits }, found) => {
    const figures = { transactions: 0, entries: 0, sum: 0 }
    const add = (ledger: readonly LedgerEntry[], orderId?: string) => {
      for (const entries of Map.groupBy(ledger, (e) => e.transactionId).values()) {
        figures.transactions++
        checkTransaction(entries, found, orderId)
      }
      figures.entries += ledger.length
      for (const e of ledger) figures.sum += e.amount
    }
    return {
      order: ({ orderId, ledger }) => add(ledger, orderId),
      end: () => {
        add(deposits)
        if (figures.sum !== 0) found(`the ledger sums to ${figures.sum}`)
      },
      figures: () => figures,
    }
  },
}

export const accountsMatchLedger: Invariant = {
  id: 'accounts-match-ledger',
  title: 'Each account has what its ledger entries sum to, and never less than nothing',
  begin: ({ accounts, deposits }, found) => {
    const booked = new Map<string, number>()
    const add = (ledger: readonly LedgerEntry[]) => {
      for (const { account, amount } of ledger) booked.set(account, (booked.get(account) ?? 0) + amount)
    }
    add(deposits)
    const customers = customerAccount('')
    return {
      order: ({ ledger }) => add(ledger),
      end: () => {
        const known = new Set(accounts.map((a) => customerAccount(a.customerId)))
        for (const { customerId, balance } of accounts) {
          const sum = booked.get(customerAccount(customerId)) ?? 0
          if (balance !== sum) found(`account ${customerId} has ${balance}, but its ledger entries sum to ${sum}`)
          if (balance < 0) found(`account ${customerId} has ${balance}`)
        }
        for (const account of booked.keys())
          if (account.startsWith(customers) && !known.has(account))
            found(`the ledger has entries of ${account}, which does not exist`)
      },
      figures: () => ({ accounts: accounts.length, balances: accounts.reduce((sum, a) => sum + a.balance, 0) }),
    }
  },
}

export const amountsAgree: Invariant = {
  id: 'amounts-agree',
  title: 'No order was confirmed for another amount than its lines cost: total = Σ quantity × unit price = what was captured',
  begin: (_shop, found) => {
    const figures = { confirmed: 0, total: 0 }
    return {
      order: ({ orderId, order, ledger }) => {
        if (order?.status !== 'CONFIRMED') return
        const cost = order.lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0)
        const { captured } = moneyOf({ ledger })
        figures.confirmed++
        figures.total += order.total
        if (order.total !== cost) found(`was confirmed for ${order.total}, but its lines cost ${cost}`, orderId)
        if (captured !== cost) found(`was confirmed, but ${captured} was captured and its lines cost ${cost}`, orderId)
      },
      figures: () => figures,
    }
  },
}

/** How often money moved, for each status of a payment: [captures, refunds]. */
const movements = { CAPTURED: [1, 0], REFUNDED: [1, 1], DECLINED: [0, 0], none: [0, 0] } as const

export const paymentAgrees: Invariant = {
  id: 'payment-agrees',
  title: 'Payments agree with their orders and with the ledger: status, customer, amount',
  begin: ({ variant }, found) => {
    // an aborted purchase leaves nothing
    const undone = variant === 'two-phase' ? ['none'] : ['REFUNDED', 'DECLINED']
    const figures = { CAPTURED: 0, REFUNDED: 0, DECLINED: 0, none: 0 }
    return {
      order: ({ orderId, order, payment, ledger, isOpen, isContradicted }) => {
        const status = payment?.status ?? 'none'
        figures[status]++
        const { captures, refunds } = moneyOf({ ledger })
        // More movements than one of a kind are told by money-kept.
        if (captures > 0 !== movements[status][0] > 0 || refunds > 0 !== movements[status][1] > 0)
          found(`its payment is ${status}, but the ledger has ${captures} captures and ${refunds} refunds`, orderId)
        if (order === undefined) {
          if (payment !== undefined) found(`has a payment that is ${status}, but there is no such order`, orderId)
          return
        }
        const agrees = order.status === 'CONFIRMED' ? status === 'CAPTURED' : undone.includes(status)
        if (!isOpen && !agrees) found(`is ${order.status}, but its payment is ${status}`, orderId)
        if (payment === undefined) return
        const isAnothers = isContradicted && order.status === 'CANCELLED'
        if (isAnothers) return
        if (payment.amount !== order.total || payment.currency !== order.currency || payment.customerId !== order.customerId)
          found(
            `${payment.customerId} pays ${payment.amount} ${payment.currency}, but ${order.customerId} owes ${order.total} ${order.currency}`,
            orderId,
          )
        const account = customerAccount(payment.customerId)
        for (const e of ledger)
          if ((e.account !== account && e.account !== revenue) || Math.abs(e.amount) !== payment.amount)
            found(`the ledger moves ${e.amount} on ${e.account}, the payment is ${payment.amount} of ${account}`, orderId)
      },
      figures: () => figures,
    }
  },
}

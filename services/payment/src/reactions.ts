/** Kafka in: a batch of events, decided in memory in order, written with one statement per table. */
import type { Incoming } from '@shop/choreography'
import { causedBy, distinct, keepTold, type Message, type React } from '@shop/messaging'
import { type Account, decide, type Payment, remember, transferOf } from './payment.ts'
import type { Booking, PaymentTables } from './tables.ts'

/** What was told is named by what undoes it. What is told again may have been answered before, with a capture that is forgotten. */
const remembered = (payment: Payment, { again }: Incoming<'payment'>, told: readonly Message[]): Payment =>
  again === undefined ? told.reduce(remember, payment) : payment

/** @param isRefused orders whose payment is to be declined; default none. */
export const reactions =
  <Work>(tables: PaymentTables<Work>, isRefused: (orderId: string) => boolean = () => false): React<Work, Incoming<'payment'>> =>
  async (work, events, doubt) => {
    const payments = await tables.lockPayments(work, distinct(events.map((e) => e.key)))
    const customerOf = (e: Incoming<'payment'>) =>
      e.type === 'OrderPlaced' ? e.data.customerId : payments.get(e.key)?.customerId
    const accounts = await tables.lockAccounts(work, distinct(events.flatMap((e) => customerOf(e) ?? [])))

    const changedPayments = new Map<string, Payment>()
    const changedAccounts = new Map<string, Account>()
    const bookings: Booking[] = []
    const outgoing: Message[] = []
    for (const event of events) {
      const customerId = customerOf(event)
      const before = {
        payment: payments.get(event.key),
        account: customerId === undefined ? undefined : accounts.get(customerId),
      }
      const { state, emit, suspicious } = decide(before, event, isRefused(event.key))
      if (suspicious !== undefined) doubt(event, suspicious)
      const told = emit.map((fact) => ({ fact, message: causedBy(event, fact) }))
      const messages = told.map(({ message }) => message)
      const payment = state.payment && keepTold(remembered(state.payment, event, messages), before.payment, messages)
      if (payment !== undefined && payment !== before.payment) {
        payments.set(event.key, payment)
        changedPayments.set(event.key, payment)
      }
      if (customerId !== undefined && state.account !== undefined && state.account !== before.account) {
        accounts.set(customerId, state.account)
        changedAccounts.set(customerId, state.account)
      }
      for (const { fact, message } of told) {
        const transfer = transferOf(fact)
        if (transfer) bookings.push({ transactionId: message.id, orderId: event.key, transfer })
        outgoing.push(message)
      }
    }
    await Promise.all([
      tables.savePayments(work, changedPayments),
      tables.saveBalances(work, changedAccounts),
      tables.book(work, bookings),
    ])
    return outgoing
  }

/** Kafka in: a batch of events, decided in memory in order, written with one statement per table. */
import type { Incoming } from '@shop/choreography'
import { causedBy, distinct, type Message, type React } from '@shop/messaging'
import type { PoolClient } from 'pg'
import { type Account, decide, type Payment, transferOf } from './payment.ts'
import { type Booking, book, lockAccounts, lockPayments, saveBalances, savePayments } from './store.ts'

export const react: React<PoolClient> = async (client, fresh) => {
  const events = fresh as readonly Incoming<'payment'>[]
  const payments = await lockPayments(client, distinct(events.map((e) => e.key)))
  const customerOf = (e: Incoming<'payment'>) => (e.type === 'OrderPlaced' ? e.data.customerId : payments.get(e.key)?.customerId)
  const accounts = await lockAccounts(client, distinct(events.flatMap((e) => customerOf(e) ?? [])))

  const changedPayments = new Map<string, Payment>()
  const changedAccounts = new Map<string, Account>()
  const bookings: Booking[] = []
  const outgoing: Message[] = []
  for (const event of events) {
    const customerId = customerOf(event)
    const before = { payment: payments.get(event.key), account: customerId === undefined ? undefined : accounts.get(customerId) }
    const { state, emit } = decide(before, event)
    if (state.payment !== undefined && state.payment !== before.payment) {
      payments.set(event.key, state.payment)
      changedPayments.set(event.key, state.payment)
    }
    if (customerId !== undefined && state.account !== undefined && state.account !== before.account) {
      accounts.set(customerId, state.account)
      changedAccounts.set(customerId, state.account)
    }
    for (const fact of emit) {
      const message = causedBy(event, fact)
      const transfer = transferOf(fact)
      if (transfer) bookings.push({ transactionId: message.id, orderId: event.key, transfer })
      outgoing.push(message)
    }
  }
  await savePayments(client, changedPayments)
  await saveBalances(client, changedAccounts)
  await book(client, bookings)
  return outgoing
}

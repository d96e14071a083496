/** Kafka in: a batch of commands, carried out by the verbs, written with one statement per table. */
import { causedBy, distinct, type Message, type React } from '@shop/messaging'
import type { PoolClient } from 'pg'
import {
  type Account,
  capture,
  type Payment,
  refund,
  type Transfer,
  transferOf,
} from '../../../../services/payment/src/payment.ts'
import { book, lockAccounts, lockPayments, saveBalances, savePayments } from '../../../../services/payment/src/store.ts'
import type { Booking } from '../../../../services/payment/src/tables.ts'
import { answer, type Command } from '../../speech.ts'

type Obeyed = { readonly payment: Payment; readonly account: Account | undefined; readonly transfer?: Transfer | undefined }

/** What was captured or refunded before is not moved again. */
export const obey = (event: Command<'payment'>, payment: Payment | undefined, account: Account | undefined): Obeyed => {
  if (event.type === 'CapturePayment') {
    if (payment !== undefined) return { payment, account }
    const after = capture(account, event.data)
    const isCaptured = after.payment.status === 'CAPTURED'
    return { ...after, transfer: isCaptured ? transferOf({ type: 'PaymentCaptured', data: event.data }) : undefined }
  }
  const { reason } = event.data
  const after = refund({ payment, account }, reason)
  const { customerId, amount, currency } = after.payment
  const data = { customerId, amount, currency, reason }
  return { ...after, transfer: payment?.status === 'REFUNDED' ? undefined : transferOf({ type: 'PaymentRefunded', data }) }
}

export const react: React<PoolClient, Command<'payment'>> = async (client, commands) => {
  const payments = await lockPayments(client, distinct(commands.map((c) => c.key)))
  const customerOf = (c: Command<'payment'>) =>
    c.type === 'CapturePayment' ? c.data.customerId : payments.get(c.key)?.customerId
  const accounts = await lockAccounts(client, distinct(commands.flatMap((c) => customerOf(c) ?? [])))
  const changed = { payments: new Map<string, Payment>(), accounts: new Map<string, Account>() }
  const bookings: Booking[] = []
  const outgoing: Message[] = []
  for (const command of commands) {
    const customerId = customerOf(command) ?? ''
    const { payment, account, transfer } = obey(command, payments.get(command.key), accounts.get(customerId))
    payments.set(command.key, payment)
    changed.payments.set(command.key, payment)
    if (account !== undefined) {
      accounts.set(customerId, account)
      changed.accounts.set(customerId, account)
    }
    const isRefused = command.type === 'CapturePayment' && payment.status === 'DECLINED'
    const reply = causedBy(command, answer('payment', command.type, isRefused ? (payment.reason ?? '') : undefined))
    if (transfer) bookings.push({ transactionId: reply.id, orderId: command.key, transfer })
    outgoing.push(reply)
  }
  await Promise.all([savePayments(client, changed.payments), saveBalances(client, changed.accounts), book(client, bookings)])
  return outgoing
}

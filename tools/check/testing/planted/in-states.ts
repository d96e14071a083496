/** Defects in what the services' databases say. */
import type { MutableShop } from '../sound-shop.ts'
import { type Defect, defect, laterId, lose, on, tellLike } from './planting.ts'

const keyboard = ({ shop }: MutableShop) => {
  const [first] = shop.stock
  if (first === undefined) throw new Error('no stock')
  return first
}

const endings: readonly Defect[] = [
  defect(
    'an order never ends',
    ['order-ended-once'],
    on('declined', (f, s) => {
      f.order.status = 'PENDING'
      f.order.history = f.order.history.filter((e) => e.type !== 'OrderCancelled')
      delete f.notification
      lose(s, f, 'OrderCancelled')
    }),
  ),
  defect(
    'an order is told to be confirmed and cancelled',
    ['order-ended-once', 'causation-declared'],
    on('confirmed', (f, s) => {
      const end = f.order.history.at(-1)
      if (end) f.order.history.push({ ...end, type: 'OrderCancelled', eventId: laterId })
      tellLike(s, f, 'OrderConfirmed', { type: 'OrderCancelled' })
    }),
  ),
  defect(
    'an order is stored as confirmed, but its history says cancelled',
    [
      'order-ended-once',
      'delivery-agrees',
      'notification-agrees',
      'money-kept',
      'payment-agrees',
      'reservation-agrees',
      'stock-at-rest',
      'amounts-agree',
    ],
    on('declined', (f) => {
      f.order.status = 'CONFIRMED'
    }),
  ),
  defect(
    'a cancelled order is delivered',
    ['delivery-agrees', 'no-lost-events'],
    on('declined', (f) => {
      f.shipment = { status: 'SCHEDULED', carrier: 'Stadtbote' }
    }),
  ),
  defect(
    'a cancellation counts as refused, but was not',
    ['delivery-agrees'],
    on('cancelled-in-flight', (f) => {
      f.order.cancellationRefused = true
    }),
  ),
  defect(
    'delivery waits for an address that came',
    ['delivery-agrees'],
    on('declined', (f) => {
      f.shipment = { waiting: true }
    }),
  ),
  defect(
    'a customer is told the contrary',
    ['notification-agrees'],
    on('confirmed', (f) => {
      f.notification = { kind: 'order-cancelled' }
    }),
  ),
]

const money: readonly Defect[] = [
  defect(
    'an order is confirmed for less than its lines cost',
    ['amounts-agree'],
    on('confirmed', (f) => {
      for (const line of f.order.lines) line.unitPrice += 1
    }),
  ),
  defect(
    'a capture is booked twice',
    ['money-kept', 'accounts-match-ledger', 'no-lost-events', 'amounts-agree'],
    on('confirmed', (f) => {
      f.ledger.push(...f.ledger.map((e) => ({ ...e, transactionId: laterId, entry: e.entry + 1_000 })))
    }),
  ),
  defect(
    'a refund is in no ledger',
    ['money-kept', 'accounts-match-ledger', 'payment-agrees', 'compensated-once', 'no-ghost-events'],
    on('out-of-stock', (f) => {
      f.ledger = f.ledger.filter((e) => e.kind !== 'refund')
    }),
  ),
  defect(
    'half of a transaction is missing',
    ['ledger-balanced', 'accounts-match-ledger'],
    on('confirmed', (f) => {
      f.ledger = f.ledger.filter((e) => e.amount > 0)
    }),
  ),
  defect('a deposit does not balance', ['ledger-balanced'], ({ shop }) => {
    shop.deposits.shift()
  }),
  defect('a balance was changed by hand', ['accounts-match-ledger'], ({ shop }) => {
    shop.accounts = shop.accounts.map((a) => ({ ...a, balance: a.balance + 1 }))
  }),
  defect('money is booked on an account that does not exist', ['accounts-match-ledger'], ({ shop }) => {
    const entry = { entry: 9_000, transactionId: laterId, kind: 'deposit', currency: 'EUR' }
    shop.deposits.push({ ...entry, account: 'customer:nobody', amount: 5 }, { ...entry, account: 'external:funding', amount: -5 })
  }),
  defect('an account is in debt', ['accounts-match-ledger'], ({ shop }) => {
    const entry = { entry: 9_000, transactionId: laterId, kind: 'deposit', currency: 'EUR' }
    const amount = 2_000_000
    shop.deposits.push(
      { ...entry, account: 'customer:alice', amount: -amount },
      { ...entry, account: 'external:funding', amount },
    )
    shop.accounts = shop.accounts.map((a) => ({ ...a, balance: a.balance - amount }))
  }),
  defect(
    'a payment has another amount than its order and its booking',
    ['payment-agrees'],
    on('confirmed', (f) => {
      if (f.payment) f.payment.amount = 1
    }),
  ),
  defect(
    'a payment is stored as captured, though it was refunded',
    ['payment-agrees', 'reservation-agrees'],
    on('not-served', (f) => {
      if (f.payment) f.payment.status = 'CAPTURED'
    }),
  ),
  defect(
    'an order has no payment',
    ['payment-agrees', 'no-ghost-events'],
    on('declined', (f) => void delete f.payment),
  ),
]

const stock: readonly Defect[] = [
  defect('goods vanish', ['stock-conserved'], (s) => {
    keyboard(s).received += 1
  }),
  defect('more is reserved than there is', ['stock-conserved', 'stock-at-rest', 'reservation-agrees'], (s) => {
    keyboard(s).reserved = 101
  }),
  defect(
    'an order holds its reservation for ever',
    ['stock-at-rest', 'compensated-once', 'no-ghost-events', 'reservation-agrees'],
    (s) =>
      on('not-served', (f) => {
        if (f.reservation) f.reservation.status = 'RESERVED'
        keyboard(s).reserved = 2
      })(s),
  ),
  defect('more was issued than ordered', ['stock-at-rest', 'reservation-agrees'], (s) => {
    keyboard(s).issued += 1
    keyboard(s).received += 1
  }),
  defect(
    'a confirmed order was not issued',
    ['reservation-agrees'],
    on('confirmed', (f) => {
      if (f.reservation) f.reservation.status = 'RESERVED'
    }),
  ),
  defect(
    'only a part of the lines was reserved',
    ['reservation-agrees', 'no-ghost-events'],
    on('confirmed', (f) => {
      f.reservation = { status: 'ISSUED', lines: [{ sku: 'keyboard', quantity: 1 }] }
    }),
  ),
  defect(
    'a payment waits for lines that came',
    ['reservation-agrees'],
    on('declined', (f) => {
      if (f.reservation) f.reservation.waiting = true
    }),
  ),
]

const orders: readonly Defect[] = [
  defect(
    'an order without a key has a fingerprint',
    ['keys-give-one-order'],
    on('confirmed', (f) => {
      f.order.fingerprint = 'x'
    }),
  ),
  defect(
    'an order is not the one that was asked for with its key',
    ['keys-give-one-order'],
    on('placed-with-key', (f) => {
      f.order.shippingAddress.city = 'elsewhere'
    }),
  ),
]

export const inStates: readonly Defect[] = [...endings, ...money, ...stock, ...orders]

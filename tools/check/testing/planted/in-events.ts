/** Defects in what was told, and in who handled it. */
import { type Defect, defect, handledByAll, laterId, lose, on, orderOf, recordOf, tellLike } from './planting.ts'

const told: readonly Defect[] = [
  defect(
    'an event waits in an outbox',
    ['outboxes-empty'],
    on('confirmed', (f) => void f.outbox.push({ service: 'order', type: 'OrderConfirmed', id: laterId })),
  ),
  defect(
    'a capture was told that is in no ledger',
    ['no-ghost-events', 'compensated-once'],
    on('declined', (f, s) => {
      const data = { customerId: 'alice', amount: 9_980, currency: 'EUR' }
      tellLike(s, f, 'PaymentDeclined', { type: 'PaymentCaptured', data })
    }),
  ),
  defect('an event was told of an order that does not exist', ['no-ghost-events'], (s) => {
    const stray = s.orders.find((o) => o.order === undefined)
    if (stray === undefined) throw new Error('no stray')
    stray.records.push({ ...recordOf(orderOf(s, 'declined'), 'OrderPlaced'), id: laterId, correlationId: laterId })
    handledByAll(s, stray, 'OrderPlaced', laterId)
  }),
  defect(
    'an event was told twice, with two ids',
    ['no-ghost-events'],
    on('out-of-stock', (f, s) => tellLike(s, f, 'StockRejected', {})),
  ),
  defect(
    'two events have one id',
    ['no-ghost-events'],
    on('confirmed', (f) => void f.records.push({ ...recordOf(f, 'StockReserved'), offset: 99, data: { lines: [] } })),
  ),
  defect(
    'an order has another total than was told',
    ['no-ghost-events', 'money-kept', 'payment-agrees', 'amounts-agree'],
    on('confirmed', (f) => {
      f.order.total += 1
    }),
  ),
  defect(
    'a decline was never told',
    ['no-lost-events', 'causation-declared'],
    on('declined', (f, s) => lose(s, f, 'PaymentDeclined')),
  ),
  defect(
    'a confirmation was never told',
    ['no-lost-events'],
    on('confirmed', (f, s) => lose(s, f, 'OrderConfirmed')),
  ),
  defect(
    'a release was never told',
    ['no-lost-events', 'compensated-once', 'causation-declared'],
    on('not-served', (f, s) => lose(s, f, 'StockReleased')),
  ),
]

const ordered: readonly Defect[] = [
  defect(
    'inventory told its release before its reservation',
    ['events-in-stored-order'],
    on('not-served', (f) => void f.records.reverse()),
  ),
  defect(
    'payment told its refund before its capture',
    ['events-in-stored-order'],
    on('out-of-stock', (f) => {
      const captured = recordOf(f, 'PaymentCaptured')
      f.records = [...f.records.filter((r) => r !== captured), captured]
    }),
  ),
  defect(
    'order told its end before the request to cancel',
    ['events-in-stored-order'],
    on('cancelled-in-flight', (f) => {
      const requested = recordOf(f, 'OrderCancellationRequested')
      f.records = [...f.records.filter((r) => r !== requested), requested]
    }),
  ),
  defect(
    'two events of an order stand in two partitions',
    ['events-in-stored-order'],
    on('not-served', (f) => {
      recordOf(f, 'StockReleased').partition += 1
    }),
  ),
]

const effects: readonly Defect[] = [
  defect(
    'an id is handled twice',
    ['handled-once'],
    on('confirmed', (f) => void f.handled.delivery?.push(f.handled.delivery[0] ?? '')),
  ),
  defect(
    'an event is in a history twice',
    ['handled-once'],
    on('confirmed', (f) => {
      const captured = f.order.history.find((e) => e.type === 'PaymentCaptured')
      if (captured) f.order.history.push(captured)
    }),
  ),
  defect(
    'an event moved money twice',
    ['handled-once', 'ledger-balanced', 'money-kept', 'accounts-match-ledger', 'amounts-agree'],
    on('confirmed', (f) => void f.ledger.push(...f.ledger.map((e) => ({ ...e, entry: e.entry + 1_000 })))),
  ),
  defect(
    'a cancelled order was never refunded',
    [
      'compensated-once',
      'money-kept',
      'accounts-match-ledger',
      'payment-agrees',
      'reservation-agrees',
      'no-lost-events',
      'causation-declared',
    ],
    on('out-of-stock', (f, s) => {
      lose(s, f, 'PaymentRefunded')
      f.ledger = f.ledger.filter((e) => e.kind !== 'refund')
      if (f.payment) f.payment.status = 'CAPTURED'
    }),
  ),
  defect(
    'a cancelled order was refunded twice',
    ['compensated-once', 'money-kept', 'accounts-match-ledger', 'no-ghost-events'],
    on('out-of-stock', (f, s) => {
      const again = f.ledger
        .filter((e) => e.kind === 'refund')
        .map((e) => ({ ...e, transactionId: laterId, entry: e.entry + 1_000 }))
      f.ledger.push(...again)
      tellLike(s, f, 'PaymentRefunded', {})
    }),
  ),
  defect(
    'a confirmed order was compensated',
    ['compensated-once', 'reservation-agrees', 'no-lost-events'],
    on('confirmed', (f) => {
      if (f.reservation) f.reservation.status = 'RELEASED'
    }),
  ),
]

const consumed: readonly Defect[] = [
  defect('inventory never handled a payment', ['consumed-handled'], (s) => {
    s.shop.inboxes.inventory.delete(recordOf(orderOf(s, 'confirmed'), 'PaymentCaptured').id)
  }),
  defect(
    'delivery never handled an order',
    ['consumed-handled'],
    on('confirmed', (f) => void f.handled.delivery?.shift()),
  ),
  defect('an event that was not handled is on no dead-letter topic', ['consumed-handled'], ({ shop }) => {
    shop.topics.deadLetters = shop.topics.deadLetters.filter((d) => d.eventId === undefined)
  }),
  defect('an undecodable record is on no dead-letter topic', ['consumed-handled'], ({ shop }) => {
    shop.topics.deadLetters.pop()
  }),
  defect(
    'order handled an event that never was',
    ['consumed-handled'],
    on('confirmed', (f) => void f.handled.order?.push(laterId)),
  ),
  defect('payment handled an event that never was', ['consumed-handled'], ({ shop }) => {
    shop.inboxes.payment.add(laterId)
  }),
]

const caused: readonly Defect[] = [
  defect(
    'an event names a cause that is not on the topics',
    ['causation-declared'],
    on('confirmed', (f) => {
      recordOf(f, 'StockReserved').causationId = laterId
    }),
  ),
  defect(
    'an event names a cause that is not declared',
    ['causation-declared'],
    on('confirmed', (f) => {
      recordOf(f, 'StockReserved').causationId = recordOf(f, 'OrderPlaced').id
    }),
  ),
  defect(
    'an event has no cause',
    ['causation-declared'],
    on('confirmed', (f) => void delete recordOf(f, 'DeliveryScheduled').causationId),
  ),
  defect(
    'an event belongs to another saga',
    ['causation-declared'],
    on('confirmed', (f) => {
      recordOf(f, 'StockReserved').correlationId = laterId
    }),
  ),
  defect(
    'an event stands on the topic of another service',
    ['causation-declared'],
    on('confirmed', (f) => {
      recordOf(f, 'DeliveryScheduled').topic = 'shop.payment'
    }),
  ),
]

export const inEvents: readonly Defect[] = [...told, ...ordered, ...effects, ...consumed, ...caused]

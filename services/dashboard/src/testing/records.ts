import { randomUUID } from 'node:crypto'
import { catalogueFor, eventNamed, type ServiceName } from '@shop/choreography'
import type { ConsumedRecord, OutgoingRecord } from '@shop/messaging'
import { causedBy, encode, type Message, startedBy } from '@shop/messaging'

const address = { name: 'Ann Body', street: 'Main St 1', city: 'Berlin', postalCode: '10115', country: 'DE' }
const lines = [{ sku: 'keyboard', quantity: 1 }]
const money = { customerId: 'alice', total: 4_990, currency: 'EUR' }
const dataOf: Readonly<Record<string, object>> = {
  OrderPlaced: { ...money, lines, shippingAddress: address },
  OrderCancellationRequested: { cause: 'customer' },
  OrderConfirmed: money,
  OrderCancelled: { ...money, reason: 'out_of_stock' },
  PaymentCaptured: { customerId: 'alice', amount: 4_990, currency: 'EUR' },
  PaymentRefunded: { customerId: 'alice', amount: 4_990, currency: 'EUR', reason: 'out_of_stock' },
  PaymentDeclined: { customerId: 'alice', reason: 'insufficient_funds' },
  StockReserved: { lines },
  StockRejected: { reason: 'out_of_stock', sku: 'keyboard' },
  StockReleased: { lines, reason: 'address_not_served' },
  DeliveryScheduled: { carrier: 'post' },
  DeliveryRejected: { reason: 'address_not_served' },
}

/** What a saga's types are caused by, when they follow each other. */
export const paths = {
  confirmed: ['OrderPlaced', 'PaymentCaptured', 'StockReserved', 'DeliveryScheduled', 'OrderConfirmed'],
  outOfStock: ['OrderPlaced', 'PaymentCaptured', 'StockRejected', 'PaymentRefunded', 'OrderCancelled'],
  notServed: [
    ...['OrderPlaced', 'PaymentCaptured', 'StockReserved', 'DeliveryRejected'],
    ...['StockReleased', 'PaymentRefunded', 'OrderCancelled'],
  ],
} as const

/** The events of one saga, each caused by the one before, `stepMs` apart. */
export const sagaOf = (
  types: readonly string[],
  { orderId = randomUUID() as string, beganAt = Date.now(), stepMs = 100 } = {},
): Message[] => {
  const messages: Message[] = []
  for (const [i, type] of types.entries()) {
    const cause = messages.at(-1)
    const telling = { type, data: dataOf[type] }
    const message = cause === undefined ? startedBy({ key: orderId }, telling) : causedBy(cause, telling)
    messages.push({ ...message, at: new Date(beganAt + i * stepMs).toISOString() })
  }
  return messages
}

export const outgoing = (message: Message): OutgoingRecord =>
  encode(message, catalogueFor(eventNamed(message.type)?.service as ServiceName))

/** Puts records on topics of one partition each, as a broker would. */
export class Topics {
  readonly #ends = new Map<string, number>()

  record(out: OutgoingRecord, timestampMs = Date.now()): ConsumedRecord {
    const offset = this.#ends.get(out.topic) ?? 0
    this.#ends.set(out.topic, offset + 1)
    const value = out.value === null ? null : Buffer.from(out.value)
    return { topic: out.topic, position: `0/${offset}`, key: out.key, value, headers: out.headers, timestampMs }
  }

  event(message: Message): ConsumedRecord {
    return this.record(outgoing(message), Date.parse(message.at) + 5)
  }

  letter(message: Message, consumer: string): ConsumedRecord {
    const { topic, ...rest } = outgoing(message)
    const headers = { ...rest.headers, 'dead-letter-topic': topic, 'dead-letter-partition': '0', 'dead-letter-offset': '0' }
    const why = {
      'dead-letter-consumer': consumer,
      'dead-letter-kind': 'failed',
      'dead-letter-error': 'boom',
      'dead-letter-attempts': '3',
    }
    return this.record({ ...rest, topic: `${topic}.${consumer}.dead-letter`, headers: { ...headers, ...why } })
  }
}

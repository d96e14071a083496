/** An event of each type, in full order, of an order that there is not: what odd ones are made from. */
import { allEvents, catalogueFor, type ServiceName } from '@shop/choreography'
import { encode, type Message } from '@shop/messaging'
import type { Random } from '../simulation/random.ts'
import { uuidOf } from './chance.ts'
import type { TrueRecord } from './odd-record.ts'

const customerId = 'load-001'
const lines = [{ sku: 'sticker', quantity: 1 }]
const money = { amount: 100, currency: 'EUR' }
const total = { customerId, total: 100, currency: 'EUR' }

const dataOf: Readonly<Record<string, object>> = {
  OrderPlaced: {
    ...total,
    lines,
    shippingAddress: { name: 'A', street: 'B 1', city: 'C', postalCode: '1', country: 'DE' },
  },
  OrderCancellationRequested: { cause: 'customer' },
  OrderConfirmed: total,
  OrderCancelled: { ...total, reason: 'order_cancelled' },
  PaymentCaptured: { customerId, ...money },
  PaymentDeclined: { customerId, reason: 'insufficient_funds' },
  PaymentRefunded: { customerId, ...money, reason: 'order_cancelled' },
  StockReserved: { lines },
  StockRejected: { reason: 'out_of_stock', sku: 'sticker' },
  StockReleased: { lines, reason: 'order_cancelled' },
  DeliveryScheduled: { carrier: 'DHL' },
  DeliveryRejected: { reason: 'country_not_served' },
}

/** Of a further service nothing is known: its data are not in order. */
export const template = (random: Random, partition: number): TrueRecord => {
  const { service, name } = random.pick(allEvents)
  const message: Message = {
    id: uuidOf(random),
    type: name,
    key: uuidOf(random),
    at: '2026-01-01T00:00:00.000Z',
    correlationId: uuidOf(random),
    ...(random.chance(0.5) && { causationId: uuidOf(random) }),
    data: dataOf[name] ?? {},
  }
  const { topic, key, value, headers } = encode(message, catalogueFor(service as ServiceName))
  return { topic, partition, key: key ?? '', value: String(value), headers }
}

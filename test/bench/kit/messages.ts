import { randomUUID } from 'node:crypto'
import { catalogueFor } from '@shop/choreography'
import { causedBy, type Message, newId, startedBy } from '@shop/messaging'

/** What comes in: one event of the shop's own for a new order each, of the size that it has there. */
export const incoming = (count: number): Message[] =>
  Array.from({ length: count }, () => {
    const data = {
      customerId: 'load-001',
      lines: [{ sku: 'sticker', quantity: 1 }],
      total: 100,
      currency: 'EUR',
      shippingAddress: { name: 'Bench', street: 'Main Street 1', city: 'Berlin', postalCode: '10115', country: 'DE' },
    }
    return startedBy({ key: randomUUID() }, { type: 'OrderPlaced', data })
  })

/** One more event for the same order. */
export const laterOf = (first: Message): Message => ({ ...first, id: newId(), causationId: first.id })

/** What is told because of it. */
export const answer = (cause: Message): Message =>
  causedBy(cause, { type: 'PaymentCaptured', data: { customerId: 'load-001', amount: 100, currency: 'EUR' } })

/** Of the service that tells the answer, and of one that hears it. */
export const catalogue = catalogueFor('payment')
export const consumer = catalogueFor('inventory')

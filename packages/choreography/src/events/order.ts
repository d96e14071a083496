import { z } from 'zod'
import { event } from '../define.ts'
import { address, amount, currency, customerId, lines, text } from './values.ts'

export const OrderPlaced = event(
  'order',
  'OrderPlaced',
  z.object({ customerId, lines, total: amount, currency, shippingAddress: address }),
)
/** Why an order was asked to stop: by its `customer`, or its `deadline`; others may come, so it is an open text. */
export const OrderCancellationRequested = event('order', 'OrderCancellationRequested', z.object({ cause: text() }))
export const OrderConfirmed = event('order', 'OrderConfirmed', z.object({ customerId, total: amount, currency }))
export const OrderCancelled = event('order', 'OrderCancelled', z.object({ customerId, total: amount, currency, reason: text() }))

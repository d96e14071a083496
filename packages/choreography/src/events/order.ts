import { z } from 'zod'
import { event } from '../define.ts'
import { address, amount, currency, lines } from './values.ts'

/** Why an order was asked to stop: its customer, its deadline, or a payment that was made for another order than this one is. */
const cancellationCause = z.enum(['customer', 'deadline', 'contradiction'])

export const OrderPlaced = event(
  'order',
  'OrderPlaced',
  z.object({ customerId: z.string(), lines, total: amount, currency, shippingAddress: address }),
)
export const OrderCancellationRequested = event('order', 'OrderCancellationRequested', z.object({ cause: cancellationCause }))
export const OrderConfirmed = event('order', 'OrderConfirmed', z.object({ customerId: z.string(), total: amount, currency }))
export const OrderCancelled = event(
  'order',
  'OrderCancelled',
  z.object({ customerId: z.string(), total: amount, currency, reason: z.string() }),
)

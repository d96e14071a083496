import { z } from 'zod'
import { event } from '../define.ts'
import { amount, currency } from './values.ts'

export const PaymentCaptured = event('payment', 'PaymentCaptured', z.object({ customerId: z.string(), amount, currency }))
export const PaymentDeclined = event('payment', 'PaymentDeclined', z.object({ customerId: z.string(), reason: z.string() }))
/** Compensates PaymentCaptured. */
export const PaymentRefunded = event(
  'payment',
  'PaymentRefunded',
  z.object({ customerId: z.string(), amount, currency, reason: z.string() }),
)

import { z } from 'zod'
import { event } from '../define.ts'
import { amount, currency, customerId, text } from './values.ts'

export const PaymentCaptured = event('payment', 'PaymentCaptured', z.object({ customerId, amount, currency }))
export const PaymentDeclined = event('payment', 'PaymentDeclined', z.object({ customerId, reason: text() }))
/** Compensates PaymentCaptured. */
export const PaymentRefunded = event('payment', 'PaymentRefunded', z.object({ customerId, amount, currency, reason: text() }))

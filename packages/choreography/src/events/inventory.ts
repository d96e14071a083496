import { z } from 'zod'
import { event } from '../define.ts'
import { lines, sku, text } from './values.ts'

export const StockReserved = event('inventory', 'StockReserved', z.object({ lines }))
export const StockRejected = event('inventory', 'StockRejected', z.object({ reason: text(), sku: sku.optional() }))
/** Compensates StockReserved. */
export const StockReleased = event(
  'inventory',
  'StockReleased',
  /** `paymentId` is the id of the PaymentCaptured that the reservation answered: which payment is to be refunded. */
  z.object({ lines, reason: text(), paymentId: text().optional() }),
)

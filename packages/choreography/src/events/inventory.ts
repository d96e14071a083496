import { z } from 'zod'
import { event } from '../define.ts'
import { lines, sku, text } from './values.ts'

export const StockReserved = event('inventory', 'StockReserved', z.object({ lines }))
export const StockRejected = event('inventory', 'StockRejected', z.object({ reason: text(), sku: sku.optional() }))
/** Compensates StockReserved. */
export const StockReleased = event('inventory', 'StockReleased', z.object({ lines, reason: text() }))

import { z } from 'zod'
import { event } from '../define.ts'

/** The pivot: from here on an order is completed, never undone. */
export const DeliveryScheduled = event('delivery', 'DeliveryScheduled', z.object({ carrier: z.string() }))
export const DeliveryRejected = event('delivery', 'DeliveryRejected', z.object({ reason: z.string() }))

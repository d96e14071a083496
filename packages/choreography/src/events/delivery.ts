import { z } from 'zod'
import { event } from '../define.ts'
import { text } from './values.ts'

/** The pivot: from here on an order is completed, never undone. */
export const DeliveryScheduled = event('delivery', 'DeliveryScheduled', z.object({ carrier: text() }))
export const DeliveryRejected = event('delivery', 'DeliveryRejected', z.object({ reason: text() }))

import { z } from 'zod'
import { orderBody } from '../../services/order/src/api.ts'

/** What the participants are asked to carry out together: an order, priced. */
export const purchase = z.strictObject({
  ...orderBody.shape,
  orderId: z.uuid(),
  /** Minor units. */
  total: z.int().min(1),
  currency: z.string().length(3),
})

export type Purchase = z.output<typeof purchase>

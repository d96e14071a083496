/** What requests about orders look like, and what the API shows of an order. */
import { badRequest } from '@shop/service-host'
import { z } from 'zod'
import type { Order } from './order.ts'

const text = (lengthMax: number) => z.string().trim().min(1).max(lengthMax)
export const orderId = z.strictObject({ id: z.uuid() })
const customerId = z.string().regex(/^[\w.@-]{1,64}$/, 'expected 1 to 64 letters, digits or any of _ . @ -')
const sku = z.string().regex(/^[\w.-]{1,64}$/, 'expected 1 to 64 letters, digits or any of _ . -')

export const orderBody = z.strictObject({
  customerId,
  lines: z
    .array(z.strictObject({ sku, quantity: z.int().min(1).max(1_000_000) }))
    .min(1)
    .max(100),
  shippingAddress: z.strictObject({
    name: text(200),
    street: text(200),
    city: text(100),
    postalCode: text(20),
    country: z.string().regex(/^[A-Z]{2}$/, 'expected a country of two capital letters, as in ISO 3166-1'),
  }),
})

export const listQuery = z.strictObject({
  status: z.enum(['PENDING', 'CANCELLING', 'CONFIRMED', 'CANCELLED']).optional(),
  customerId: customerId.optional(),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.number().min(1).max(200))
    .default(50),
  cursor: z.string().max(200).optional(),
})

/** What the API shows of an order; its shape is fixed. */
export const view = ({ orderId, order }: { readonly orderId: string; readonly order: Order }) => ({
  orderId,
  status: order.status,
  ...(order.reason === undefined ? {} : { reason: order.reason }),
  ...(order.cancellationRequestedBy === undefined ? {} : { cancellationRequestedBy: order.cancellationRequestedBy }),
  ...(order.cancellationRefused === undefined ? {} : { cancellationRefused: order.cancellationRefused }),
  customerId: order.customerId,
  total: order.total,
  currency: order.currency,
  lines: order.lines,
  shippingAddress: order.shippingAddress,
  placedAt: order.placedAt,
  deadlineAt: order.deadlineAt,
  correlationId: order.correlationId,
  history: [...order.history].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
})

export const cursorOf = ({ orderId, order }: { readonly orderId: string; readonly order: Order }): string =>
  Buffer.from(`${order.placedAt} ${orderId}`).toString('base64url')
export const readCursor = (cursor: string): { placedAt: string; orderId: string } => {
  const [placedAt = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split(' ')
  if (Number.isNaN(Date.parse(placedAt)) || !z.uuid().safeParse(id).success)
    throw badRequest('the query is not valid: cursor', [{ field: 'cursor', message: 'expected the nextCursor of a page before' }])
  return { placedAt, orderId: id }
}

/** What a new order is made of: its id, its first event, and what tells a repeated request from another one. */
import { createHash } from 'node:crypto'
import { type Message, type NewDocument, newId, startedBy } from '@shop/messaging'
import { type Order, type PlaceOrder, type Priced, place, placed, remember } from './order.ts'

/** The order and its first event, ready to be stored. */
export const newOrder = (
  command: PlaceOrder,
  priced: Exclude<Priced, { unknownLine: number }>,
  options: {
    readonly deadlineMs: number
    readonly idempotencyKey?: string | undefined
    readonly traceparent?: string | undefined
  },
): NewDocument<Order> => {
  const key = options.idempotencyKey === undefined ? newId() : orderIdFor(options.idempotencyKey)
  const about = { ...priced, customerId: command.customerId, shippingAddress: command.shippingAddress }
  const first: Message = startedBy({ key, traceparent: options.traceparent }, placed(about))
  const { at: placedAt, correlationId } = first
  const deadlineAt = new Date(Date.parse(placedAt) + options.deadlineMs).toISOString()
  const fingerprint = options.idempotencyKey === undefined ? undefined : fingerprintOf(command)
  const order = place({ ...about, placedAt, deadlineAt, correlationId }, fingerprint)
  return { key, state: remember(order, first), emit: [first] }
}

/**
 * The order id that belongs to an idempotency key, a UUIDv8 (RFC 9562, section 5.8): the same key meets the same document, so the
 * database itself lets only one of two requests create the order.
 */
export const orderIdFor = (idempotencyKey: string): string => {
  const bytes = createHash('sha256').update(`order:${idempotencyKey}`).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** Equal for equal commands. The command has been read by a schema, so its fields stand in the schema's order. */
export const fingerprintOf = (command: PlaceOrder): string => createHash('sha256').update(JSON.stringify(command)).digest('hex')

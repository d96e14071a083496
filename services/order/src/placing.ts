import { createHash } from 'node:crypto'
import { type DocumentStore, gather, type Message, type NewDocument, newId, Overloaded, startedBy } from '@shop/messaging'
import type { Deadlines } from './deadlines.ts'
import { type Order, type PlaceOrder, type Priced, type Product, placed, price, remember } from './order.ts'
import type { Pace } from './pace.ts'

export interface AcceptingOptions {
  readonly products: ReadonlyMap<string, Product>
  readonly deadlines: Pick<Deadlines, 'placed'>
  /** How long an order may stay PENDING, in milliseconds. */
  readonly deadlineMs: number
  readonly pace: Pick<Pace, 'isBehind'>
  /** Above this many messages that wait for the broker, no more orders are taken. */
  readonly outboxDepthMax: number
}

export interface PlacingRequest {
  readonly idempotencyKey?: string | undefined
  readonly traceparent?: string | undefined
}

/**
 * - `placed`: the order is stored, and its saga begins. `repeated`: the same key has placed it before.
 * - `unknown-product`: of the line with this index. `key-reused`: the key has placed another order.
 * - All others: nothing was stored, and it may be tried again. `behind`: more comes in than is completed; `outbox-full`: too many messages
 *   wait for the broker; `too-many`: at once; `not-stored`: something else is kept under its id.
 */
export type Placing =
  | { readonly outcome: 'placed' | 'repeated'; readonly orderId: string; readonly order: Order }
  | { readonly outcome: 'unknown-product'; readonly line: number }
  | { readonly outcome: 'key-reused' | 'behind' | 'outbox-full' | 'too-many' | 'not-stored' }

const ordersPerWriteMax = 200
const ordersWaitingMax = 2_000

/**
 * Takes orders for one process: orders that come at the same time are stored by one write.
 * @returns places an order, unless there is too much to do already.
 */
export const acceptOrders = (
  store: Pick<DocumentStore<Order>, 'create' | 'change' | 'backlog'>,
  { products, deadlines, deadlineMs, pace, outboxDepthMax }: AcceptingOptions,
): ((command: PlaceOrder, request: PlacingRequest) => Promise<Placing>) => {
  const create = gather<NewDocument<Order>, boolean>({
    run: async (documents) => {
      const first = new Map(documents.map((d) => [d.key, d] as const).reverse())
      const existing = await store.create([...first.values()])
      return documents.map((d) => first.get(d.key) === d && !existing.has(d.key))
    },
    maxItems: ordersPerWriteMax,
    maxQueued: ordersWaitingMax,
  })

  return async (command, { idempotencyKey, traceparent }) => {
    const priced = price(command, products)
    if ('unknownLine' in priced) return { outcome: 'unknown-product', line: priced.unknownLine }
    if (pace.isBehind()) return { outcome: 'behind' }
    if ((await store.backlog()).count > outboxDepthMax) return { outcome: 'outbox-full' }
    const document = newOrder(command, priced, { deadlineMs, idempotencyKey, traceparent })
    let isNew: boolean | undefined
    try {
      ;[isNew] = await create([document])
    } catch (error) {
      if (error instanceof Overloaded) return { outcome: 'too-many' }
      throw error
    }
    const { key: orderId, state } = document
    if (isNew) {
      deadlines.placed(orderId, Date.parse(state.deadlineAt))
      return { outcome: 'placed', orderId, order: state }
    }
    const earlier = await store.change(orderId, (order) => ({ emit: [], result: order }))
    if (earlier === undefined) return { outcome: 'not-stored' }
    if (earlier.fingerprint !== fingerprintOf(command)) return { outcome: 'key-reused' }
    return { outcome: 'repeated', orderId, order: earlier }
  }
}

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
  const order: Order = {
    status: 'PENDING',
    ...about,
    history: [],
    placedAt: first.at,
    deadlineAt: new Date(Date.parse(first.at) + options.deadlineMs).toISOString(),
    correlationId: first.correlationId,
    ...(options.idempotencyKey === undefined ? {} : { fingerprint: fingerprintOf(command) }),
  }
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

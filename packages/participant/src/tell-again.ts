/** Telling again what a service has told, from its state: for when the broker has lost it. */
import type { Catalogue, Message, Publisher } from '@shop/messaging'
import { encode } from '@shop/messaging'
import { Problem, parse } from '@shop/service-host'
import { Router } from 'express'
import { z } from 'zod'
import type { ToldAgain } from './letter-view.ts'

/** Which orders a service knows that were placed since a time, or that are not ended after one; the oldest first. */
export interface OrderSelection {
  /** ISO 8601. */
  readonly placedAfter?: string | undefined
  /** ISO 8601; only orders that have not ended. */
  readonly openBefore?: string | undefined
  readonly limit: number
  /** The place of the last one of the page before. */
  readonly after?: { readonly placedAt: string; readonly orderId: string } | undefined
}

export interface PlacedOrder {
  readonly orderId: string
  /** ISO 8601. */
  readonly placedAt: string
}

/** What a service can tell again. */
export interface TellingAgain {
  /** All that was told of the orders, with the same ids, per order in the order in which it was told. */
  told(orderIds: readonly string[]): Promise<readonly Message[]>
  /** Of the service that knows when orders were placed, and whether they have ended. */
  orders?(selection: OrderSelection): Promise<readonly PlacedOrder[]>
}

/** Orders in one call. Each has a handful of events. */
export const ordersMax = 500
/** Records that are given to the publisher at once. */
const recordsMax = 500

/**
 * Gives the messages to the broker and waits until it has them. They do not pass the outbox: their state is durable already, and who asks
 * is told when they did not arrive. What waits in the outbox is told as well then, so events of a key keep the order in which they first come.
 */
export const publishAgain = async (
  publisher: Pick<Publisher, 'publish'>,
  catalogue: Catalogue,
  messages: readonly Message[],
  again: NonNullable<Message['again']> = 'told',
): Promise<void> => {
  for (let i = 0; i < messages.length; i += recordsMax)
    await publisher.publish(messages.slice(i, i + recordsMax).map((m) => encode({ ...m, again }, catalogue)))
}

const cursorOf = ({ placedAt, orderId }: PlacedOrder): string => `${placedAt} ${orderId}`
const cursor = z.string().regex(/^\S{20,30} \S{36}$/, 'expected the nextCursor of a page before')
const readCursor = (text: string) => {
  const [placedAt = '', orderId = ''] = text.split(' ')
  return { placedAt, orderId }
}

const more = { cursor: cursor.optional(), dryRun: z.boolean().default(false) }
const which = z.union(
  [
    z.strictObject({ orderIds: z.array(z.uuid()).min(1).max(ordersMax), dryRun: z.boolean().default(false) }),
    z.strictObject({ since: z.iso.datetime({ offset: true }), ...more }),
    z.strictObject({ stuckForMs: z.int().min(0).max(10_000_000_000), ...more }),
  ],
  `expected one of orderIds (1 to ${ordersMax}), since (ISO 8601) or stuckForMs, and perhaps cursor and dryRun`,
)
type Which = z.output<typeof which>

const select = async (telling: TellingAgain, asked: Exclude<Which, { orderIds: unknown }>): Promise<readonly PlacedOrder[]> => {
  if (telling.orders === undefined) throw new Problem(422, 'only the order service knows which orders these are: give orderIds')
  return await telling.orders({
    ...('since' in asked
      ? { placedAfter: new Date(asked.since).toISOString() }
      : { openBefore: new Date(Date.now() - asked.stuckForMs).toISOString() }),
    limit: ordersMax,
    after: asked.cursor === undefined ? undefined : readCursor(asked.cursor),
  })
}

const countByType = (messages: readonly Message[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const { type } of messages) counts[type] = (counts[type] ?? 0) + 1
  return counts
}

/** `POST /admin/tell-again`: at most 500 orders in one call; of a selection with more, the answer has the cursor of the next ones. */
export const tellAgainRoutes = (
  telling: TellingAgain,
  options: { readonly publisher: Pick<Publisher, 'publish'>; readonly catalogue: Catalogue },
): Router => {
  const router = Router()
  router.post('/admin/tell-again', async (req, res) => {
    const asked = parse(which, req.body, 'body')
    const orders = 'orderIds' in asked ? undefined : await select(telling, asked)
    const orderIds = 'orderIds' in asked ? asked.orderIds.map((id) => id.toLowerCase()) : (orders ?? []).map((o) => o.orderId)
    const messages = orderIds.length === 0 ? [] : await telling.told(orderIds)
    if (!asked.dryRun) await publishAgain(options.publisher, options.catalogue, messages)
    const last = orders?.length === ordersMax ? orders.at(-1) : undefined
    const answer: ToldAgain = {
      dryRun: asked.dryRun,
      orderIds,
      events: countByType(messages),
      ...(last === undefined ? {} : { nextCursor: cursorOf(last) }),
    }
    res.json(answer)
  })
  return router
}

/** Customers who place orders of every kind, cancel some, and ask again when they get no answer. */
import { setTimeout as pause } from 'node:timers/promises'
import { type Random, randomOf } from './random.ts'

const answerMsMax = 8_000
/** A customer's patience. */
const insistMsMax = 240_000
const retryMs = 500

export interface Placed {
  readonly orderId: string
  /** ISO 8601 */
  readonly placedAt: string
}

export interface LoadOptions {
  readonly orderUrl: string
  readonly seed: number
  readonly orders: number
  readonly lastsMs: number
  readonly say: (line: string) => void
}

export interface Load {
  readonly accepted: readonly Placed[]
  /** requests that were given up */
  readonly gaveUp: number
}

/** Of thirty orders one has a customer without money, one a blocked one, one wants what there is none of, one goes where nobody delivers. */
const bodyOf = (i: number, random: Random) => {
  const poor = { customerId: 'bob', sku: 'laptop' }
  const good = { customerId: `load-${String(random.between(1, 100)).padStart(3, '0')}`, sku: 'sticker' }
  const { customerId, sku } = i % 30 === 3 ? poor : i % 30 === 8 ? { ...good, customerId: 'mallory' } : good
  const lines = [{ sku: i % 30 === 13 ? 'unicorn' : sku, quantity: random.between(1, 3) }]
  if (sku === 'sticker' && i % 5 === 0) lines.push({ sku: 'mouse', quantity: 1 })
  const country = i % 30 === 23 ? 'AQ' : 'DE'
  return { customerId, lines, shippingAddress: { name: 'A', street: 'B 1', city: 'C', postalCode: '1', country } }
}

/** Asks until the answer is one of these. @returns undefined when patience is at its end */
const insist = async (ask: () => Promise<Response>, statuses: readonly number[]): Promise<unknown> => {
  const until = Date.now() + insistMsMax
  while (Date.now() < until) {
    const answer = await ask().catch(() => undefined)
    const json = await answer?.json().catch(() => undefined)
    if (answer !== undefined && json !== undefined && statuses.includes(answer.status)) return json
    await pause(retryMs)
  }
  return undefined
}

/** Places the orders at an even rate; resolves when each is accepted or given up. */
export const placeOrders = async ({ orderUrl, seed, orders, lastsMs, say }: LoadOptions): Promise<Load> => {
  const random = randomOf(seed)
  const accepted: Placed[] = []
  let gaveUp = 0
  const signal = () => AbortSignal.timeout(answerMsMax)
  const place = async (i: number, body: object, cancelAfterMs: number | undefined) => {
    const headers = { 'content-type': 'application/json', 'Idempotency-Key': `chaos-${seed}-${begunAt}-${i}` }
    const ask = () => fetch(`${orderUrl}/orders`, { method: 'POST', headers, body: JSON.stringify(body), signal: signal() })
    const order = (await insist(ask, [201])) as Placed | undefined
    if (order === undefined) return void gaveUp++
    accepted.push({ orderId: order.orderId, placedAt: order.placedAt })
    if (cancelAfterMs === undefined) return
    await pause(cancelAfterMs)
    await insist(() => fetch(`${orderUrl}/orders/${order.orderId}/cancel`, { method: 'POST', signal: signal() }), [202, 409])
  }
  const begunAt = Date.now()
  const placing: Promise<void>[] = []
  for (let i = 0; i < orders; i++) {
    placing.push(place(i, bodyOf(i, random), i % 10 === 7 ? random.between(0, 400) : undefined))
    if ((i + 1) % Math.max(100, Math.floor(orders / 10)) === 0) say(`${i + 1} orders asked for, ${accepted.length} accepted`)
    await pause(Math.max(0, begunAt + ((i + 1) * lastsMs) / orders - Date.now()))
  }
  await Promise.all(placing)
  return { accepted, gaveUp }
}

export interface OrderState {
  readonly orderId: string
  readonly status: 'PENDING' | 'CANCELLING' | 'CONFIRMED' | 'CANCELLED'
  readonly reason?: string
  readonly placedAt: string
  readonly history: readonly { readonly type: string; readonly at: string }[]
}

const pagesMax = 10_000

/** All orders of the shop, or those with a status. @throws Error when the order service does not answer in its order */
export const readOrders = async (orderUrl: string, status?: string): Promise<OrderState[]> => {
  const found: OrderState[] = []
  let cursor: string | undefined
  for (let page = 0; page < pagesMax; page++) {
    const query = new URLSearchParams({ limit: '200', ...(status && { status }), ...(cursor && { cursor }) })
    const answer = await fetch(`${orderUrl}/orders?${query}`, { signal: AbortSignal.timeout(60_000) })
    if (!answer.ok) throw new Error(`GET /orders answered ${answer.status}`)
    const body = (await answer.json()) as { orders: OrderState[]; nextCursor?: string }
    found.push(...body.orders)
    cursor = body.nextCursor
    if (cursor === undefined) return found
  }
  throw new Error(`more than ${pagesMax} pages of orders`)
}

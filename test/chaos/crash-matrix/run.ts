/** Runs cells: sets the crash, places the order that meets it, and sees both through. Services side by side, the cells of one in turn. */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { EmbeddedShop } from '@shop/tools/running-shop'
import { orderIdFor } from '../../../services/order/src/new-order.ts'
import { type CheckResult, checkShop } from '../check.ts'
import { type Cell, type Recipe, recipeFor } from './cells.ts'

export interface CellResult extends Cell {
  readonly orderId: string
  /** from placing the order until it and the service were done with it; undefined when that did not happen in time */
  readonly endedMs: number | undefined
  /** from the crash being seen until the service was ready again */
  readonly readyMs: number | undefined
  /** why it counts as failed */
  readonly failure?: string
}

export interface MatrixRun {
  readonly results: readonly CellResult[]
  readonly check: CheckResult
  readonly tookMs: number
}

const cellMsMax = 90_000
/** Whether an order can still be cancelled is a race: it is run again with another order. */
const attemptsMax = 5
const pollMs = 50
const requestMsMax = 5_000

type Answer = { readonly status: number; readonly body: Record<string, unknown> }

const ask = async (url: string, init: RequestInit = {}): Promise<Answer> => {
  const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(requestMsMax) })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

/** Asks until the answer is such; faults of the way count as no answer. @throws Error naming `what` when it never is */
const until = async <T>(
  what: string,
  deadlineMs: number,
  question: () => Promise<T>,
  holds: (answer: T) => boolean,
): Promise<T> => {
  for (;;) {
    const answer = await question().catch(() => undefined)
    if (answer !== undefined && holds(answer)) return answer
    if (Date.now() > deadlineMs) throw new Error(`not in time: ${what}`)
    await pause(pollMs)
  }
}

const bodyOf = ({ customerId, sku, country }: Recipe) =>
  JSON.stringify({
    customerId,
    lines: [{ sku, quantity: 1 }],
    shippingAddress: { name: 'A', street: 'B 1', city: 'C', postalCode: '1', country },
  })

/** Places the order as a customer who insists; cancels it when the recipe says so. @returns false when it was too late to cancel */
const carryOut = async (orderUrl: string, key: string, recipe: Recipe, deadlineMs: number): Promise<boolean> => {
  const headers = { 'content-type': 'application/json', 'Idempotency-Key': key }
  const place = () => ask(`${orderUrl}/orders`, { method: 'POST', headers, body: bodyOf(recipe) })
  const { body } = await until('the order is accepted', deadlineMs, place, (a) => a.status === 201)
  if (!recipe.cancelled) return true
  const cancel = () => ask(`${orderUrl}/orders/${body.orderId}/cancel`, { method: 'POST' })
  const { status } = await until('the cancellation is answered', deadlineMs, cancel, (a) => a.status === 202 || a.status === 409)
  return status === 202
}

const isEnded = ({ body }: Answer) => body.status === 'CONFIRMED' || body.status === 'CANCELLED'

const runCell = async (shop: EmbeddedShop, cell: Cell): Promise<CellResult> => {
  const { service, point, type } = cell
  const recipe = recipeFor(type)
  const key = `crash-${randomUUID()}`
  const orderId = orderIdFor(key)
  const deadlineMs = Date.now() + cellMsMax
  const pid = async () => (await shop.state()).services[service]?.pid
  const [orderUrl, serviceUrl] = [shop.url('order'), shop.url(service)]
  const before = await pid()
  await shop.admin(service, 'POST', '/faults', { point, type, key: orderId, action: 'crash', forMs: cellMsMax })
  const placedAt = Date.now()
  let readyMs: number | undefined
  try {
    const inTime = await carryOut(orderUrl, key, recipe, deadlineMs)
    const met = async () => ({ now: await pid(), order: await ask(`${orderUrl}/orders/${orderId}`).catch(() => undefined) })
    if (!inTime && type === 'OrderCancellationRequested')
      return { ...cell, orderId, endedMs: undefined, readyMs, failure: tooLate }
    await until(`${service} crashes at ${point}`, deadlineMs, met, ({ now }) => now !== undefined && now !== before)
    const crashedAt = Date.now()
    await until(
      `${service} is ready again`,
      deadlineMs,
      () => ask(`${serviceUrl}/readyz`),
      (a) => a.status === 200,
    )
    readyMs = Date.now() - crashedAt
    await until('the order ends', deadlineMs, () => ask(`${orderUrl}/orders/${orderId}`), isEnded)
    if (service === 'notification') await told(serviceUrl, recipe, orderId, deadlineMs)
    return { ...cell, orderId, endedMs: Date.now() - placedAt, readyMs }
  } catch (error) {
    return { ...cell, orderId, endedMs: undefined, readyMs, failure: (error as Error).message }
  } finally {
    await shop.admin(service, 'DELETE', '/faults').catch(() => {}) // it is gone with the process that crashed
  }
}

const tooLate = 'the order had ended before it could be cancelled'

const told = (serviceUrl: string, { customerId }: Recipe, orderId: string, deadlineMs: number) =>
  until(
    'the customer is told',
    deadlineMs,
    () => ask(`${serviceUrl}/notifications?customerId=${customerId}`),
    ({ body }) => (body.notifications as { orderId: string }[]).some((n) => n.orderId === orderId),
  )

const insistently = async (shop: EmbeddedShop, cell: Cell): Promise<CellResult> => {
  for (let attempt = 1; ; attempt++) {
    const result = await runCell(shop, cell)
    if (result.failure !== tooLate || attempt === attemptsMax) return result
  }
}

/** Then checks the whole shop, once. */
export const runMatrix = async (shop: EmbeddedShop, cells: readonly Cell[], say: (line: string) => void): Promise<MatrixRun> => {
  const begunAt = Date.now()
  await shop.state() // its addresses
  let done = 0
  const ofService = async (own: readonly Cell[]): Promise<CellResult[]> => {
    const results: CellResult[] = []
    for (const cell of own) {
      const result = await insistently(shop, cell)
      results.push(result)
      const { service, point, type, endedMs, failure } = result
      say(
        `${++done}/${cells.length} ${service} ${point} ${type}: ${failure ?? `ended in ${((endedMs ?? 0) / 1_000).toFixed(1)} s`}`,
      )
    }
    return results
  }
  const results = (await Promise.all([...Map.groupBy(cells, (c) => c.service).values()].map(ofService))).flat()
  const check = await checkShop(shop.access, 60)
  return { results, check, tookMs: Date.now() - begunAt }
}

/** What is wrong with a run; nothing when it passed. */
export const flawsOf = ({ results, check }: MatrixRun): string[] => [
  ...results.flatMap(({ service, point, type, failure }) => (failure ? [`${service} at ${point} with ${type}: ${failure}`] : [])),
  ...check.invariants.filter((v) => v.outcome === 'violated').map((v) => `${v.id}: ${v.violationCount} violations`),
  ...check.notAtRest.map((what) => `not at rest: ${what}`),
]

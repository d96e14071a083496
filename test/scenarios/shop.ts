/** The shop as its users see it: HTTP alone. All waits are on what the shop shows, and bounded. */
import { randomUUID } from 'node:crypto'
import type { ServiceName } from '@shop/choreography'
import { inject } from 'vitest'
import type { CheckOutcome } from './control.ts'

const { urls, control } = inject('shop')

export type { ServiceName }

export interface Answer<Body = Record<string, unknown>> {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
}

export const request = async <Body = Record<string, unknown>>(
  service: ServiceName,
  path: string,
  init: {
    readonly method?: string
    readonly headers?: Record<string, string>
    readonly json?: unknown
    readonly raw?: string
  } = {},
): Promise<Answer<Body>> => {
  const body = init.raw ?? (init.json === undefined ? undefined : JSON.stringify(init.json))
  const response = await fetch(`${urls[service]}${path}`, {
    method: init.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...init.headers },
    ...(body === undefined ? {} : { body }),
    signal: AbortSignal.timeout(10_000),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: (text.startsWith('{') ? JSON.parse(text) : text) as Body }
}

export interface OrderView {
  readonly orderId: string
  readonly status: 'PENDING' | 'CANCELLING' | 'CONFIRMED' | 'CANCELLED'
  readonly reason?: string
  readonly cancellationRefused?: boolean
  readonly cancellationRequestedBy?: string
  readonly total: number
  readonly currency: string
  readonly correlationId: string
  readonly placedAt: string
  readonly deadlineAt: string
  readonly history: readonly { type: string; at: string; eventId: string; causationId?: string }[]
}

export const address = { name: 'Alice Example', street: 'Main Street 1', city: 'Berlin', postalCode: '10115', country: 'DE' }

export interface Basket {
  readonly customerId?: string
  readonly sku?: string
  readonly quantity?: number
  readonly country?: string
}

export const orderBody = ({ customerId = 'alice', sku = 'keyboard', quantity = 1, country = 'DE' }: Basket = {}) => ({
  customerId,
  lines: [{ sku, quantity }],
  shippingAddress: { ...address, country },
})

/** Places an order. @throws Error unless it is accepted. */
export const place = async (basket: Basket = {}): Promise<OrderView> => {
  const answer = await request<OrderView>('order', '/orders', { json: orderBody(basket) })
  if (answer.status !== 201) throw new Error(`POST /orders answered ${answer.status}: ${JSON.stringify(answer.body)}`)
  return answer.body
}

export const readOrder = async (orderId: string): Promise<OrderView> =>
  (await request<OrderView>('order', `/orders/${orderId}`)).body
export const cancel = (orderId: string): Promise<Answer<OrderView>> =>
  request<OrderView>('order', `/orders/${orderId}/cancel`, { method: 'POST' })

const pollMsMin = 25
const pollMsMax = 200
/** Hundreds of orders are followed at once: asked as often as a single one, they would be the shop's load. */
const pollGrowth = 1.3

/**
 * Asks until `holds` is true of the answer, ever less often; faults of the way there count as "not yet".
 * @throws Error with the last answer after `boundMs`.
 */
export const eventually = async <T>(ask: () => Promise<T>, holds: (answer: T) => boolean, boundMs = 20_000): Promise<T> => {
  const deadline = Date.now() + boundMs
  let last: unknown
  for (let pollMs = pollMsMin; ; pollMs = Math.min(pollMsMax, pollMs * pollGrowth)) {
    try {
      const answer = await ask()
      if (holds(answer)) return answer
      last = answer
    } catch (error) {
      last = error
    }
    if (Date.now() > deadline)
      throw new Error(`not within ${boundMs} ms; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`)
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

export const isEnded = (order: OrderView): boolean => order.status === 'CONFIRMED' || order.status === 'CANCELLED'
export const ended = (orderId: string, boundMs?: number): Promise<OrderView> =>
  eventually(() => readOrder(orderId), isEnded, boundMs)
export const steps = (order: OrderView): string[] => order.history.map((h) => h.type)

export const balance = async (customerId: string): Promise<number> =>
  (await request<{ balance: number }>('payment', `/accounts/${customerId}`)).body.balance
export const stock = async (sku: string) =>
  (await request<{ sku: string; onHand: number; reserved: number; available: number }>('inventory', `/stock/${sku}`)).body

const ask = async <T>(action: string, args: readonly string[], boundMs = 60_000): Promise<T> => {
  const response = await fetch(`${control}/${action}`, {
    method: 'POST',
    body: JSON.stringify(args),
    signal: AbortSignal.timeout(boundMs),
  })
  if (!response.ok) throw new Error(`${action} ${args.join(' ')}: ${await response.text()}`)
  return (await response.json()) as T
}

/** Ends the service in order; it stays down until it is started. */
export const halt = (service: ServiceName): Promise<void> => ask('halt', [service])
/** Starts the service and waits until it is ready. */
export const start = async (service: ServiceName): Promise<void> => {
  await ask('start', [service])
  await isReady(service)
}
/** SIGKILL; the supervisor starts it again. */
export const kill = (service: ServiceName): Promise<void> => ask('kill', [service])
/** Every invariant, from the databases and topics: `npm run check` with these arguments. */
export const check = (...args: string[]): Promise<CheckOutcome> => ask('check', args, 180_000)
export const isReady = (service: ServiceName) =>
  eventually(
    () => request(service, '/readyz'),
    (a) => a.status === 200,
    60_000,
  )

/** The sum of a metric's samples, those alone whose labels contain `labels`. */
export const metric = async (service: ServiceName, name: string, labels = ''): Promise<number> => {
  const text = (await request<string>(service, '/metrics')).body
  return text
    .split('\n')
    .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(labels))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

export const uniqueKey = (): string => randomUUID()

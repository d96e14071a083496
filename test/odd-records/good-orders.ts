/** Orders of honest customers, and how long each is held up. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../simulation/random.ts'

const pollMs = 50
const answerMsMax = 10_000
/** Long enough to tell what is late from what is stuck. */
const endMsMax = 20_000

export interface GoodOrder {
  readonly orderId: string
  /** From the request to where it was seen to have ended; undefined when it had not 20 s later. */
  readonly heldMs: number | undefined
  readonly status: string
  readonly wanted: string
}

const address = { name: 'A', street: 'B 1', city: 'C', postalCode: '1', country: 'DE' }

/** Most are confirmed; some are undone on their way. */
const baskets = [
  { wanted: 'CONFIRMED', weight: 6, customerId: undefined, sku: 'sticker', country: 'DE' },
  { wanted: 'CANCELLED', weight: 1, customerId: undefined, sku: 'sticker', country: 'AQ' },
  { wanted: 'CANCELLED', weight: 1, customerId: undefined, sku: 'unicorn', country: 'DE' },
  { wanted: 'CANCELLED', weight: 1, customerId: 'bob', sku: 'laptop', country: 'DE' },
].flatMap((basket) => Array.from({ length: basket.weight }, () => basket))

/** @returns how it ended. @throws Error when it is not accepted */
export const placeOne = async (orderUrl: string, random: Random): Promise<GoodOrder> => {
  const { wanted, customerId, sku, country } = random.pick(baskets)
  const body = JSON.stringify({
    customerId: customerId ?? `load-${String(1 + random.below(100)).padStart(3, '0')}`,
    lines: [{ sku, quantity: 1 }],
    shippingAddress: { ...address, country },
  })
  const begunMs = performance.now()
  const signal = () => AbortSignal.timeout(answerMsMax)
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${orderUrl}/orders`, { method: 'POST', headers, body, signal: signal() })
  if (answer.status !== 201) throw new Error(`POST /orders answered ${answer.status}: ${(await answer.text()).slice(0, 200)}`)
  const { orderId } = (await answer.json()) as { orderId: string }
  for (;;) {
    const read = await fetch(`${orderUrl}/orders/${orderId}`, { signal: signal() })
    const { status } = (await read.json()) as { status: string }
    const heldMs = performance.now() - begunMs
    const hasEnded = status === 'CONFIRMED' || status === 'CANCELLED'
    if (hasEnded || heldMs > endMsMax) return { orderId, heldMs: hasEnded ? heldMs : undefined, status, wanted }
    await pause(pollMs)
  }
}

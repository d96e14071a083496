/** What one run is made of. Each seed gets a temper of its own: all faults a little in every run would seldom get far into any of them. */
import type { PlaceOrder } from '../../services/order/src/order.ts'
import type { Random } from './random.ts'
import type { Opening } from './tables.ts'

export interface Profile {
  /** Chances at each pass of a fault point. */
  readonly crash: number
  readonly fail: number
  readonly pause: number
  /** Chance that the broker does not acknowledge a produce request, of which it may have taken a part. */
  readonly unacknowledged: number
  /** Chance that a consumer cannot handle a message for a while. */
  readonly poison: number
  /** Chance that a disturbance is a forged record. */
  readonly forgery: number
  /** Most records of one partition in one chunk, and most messages in one produce request. */
  readonly batchMax: number
  /** Weight of the actions that disturb, against those that get on with it. */
  readonly unrest: number
  readonly stepsMax: number
  readonly deadlineMs: number
}

export const profileOf = (random: Random, requestCount: number): Profile => ({
  crash: random.pick([0, 0.01, 0.03, 0.1]),
  fail: random.pick([0, 0, 0.02, 0.1]),
  pause: random.pick([0.05, 0.3, 0.7]),
  unacknowledged: random.pick([0, 0, 0.1]),
  poison: random.pick([0, 0, 0.05, 0.2]),
  forgery: random.pick([0, 0, 0, 0.3]),
  batchMax: random.pick([1, 2, 5, 20]),
  unrest: random.pick([0.05, 0.2, 0.5]),
  stepsMax: random.pick([20, 60, 150]) * requestCount,
  deadlineMs: random.pick([200, 2_000, 1_000_000]),
})

/** Small on purpose: two orders of the same customer or of the last pieces are in each other's way. */
export const opening: Opening = {
  customers: [
    { customerId: 'alice', balance: 10_000_000 },
    { customerId: 'bob', balance: 2_000 },
    { customerId: 'carol', balance: 12_000 },
    { customerId: 'mallory', balance: 1_000_000, blocked: true },
  ],
  goods: [
    { sku: 'keyboard', quantity: 1_000 },
    { sku: 'mouse', quantity: 1_000 },
    { sku: 'rare', quantity: 3 },
    { sku: 'unicorn', quantity: 0 },
  ],
}

/** Every product has the same price: what an order costs is not what is tried here. `ghost` is no SKU of inventory. */
export const products = new Map(
  [...opening.goods.map((g) => g.sku), 'ghost'].map((sku) => [sku, { sku, name: sku, price: 4_900, currency: 'EUR' }]),
)

/** What a client asks for, perhaps several times: with a key it gets the same answer each time. */
export interface Request {
  readonly command: PlaceOrder
  readonly key: string | undefined
}

const customers = ['alice', 'alice', 'alice', 'carol', 'carol', 'bob', 'mallory', 'nobody']
const baskets = [
  [['keyboard', 1]],
  [['keyboard', 2]],
  [['rare', 2]],
  [['rare', 2]],
  [
    ['keyboard', 1],
    ['mouse', 3],
  ],
  [
    ['mouse', 1],
    ['mouse', 1],
    ['rare', 1],
  ],
  [
    ['keyboard', 1],
    ['unicorn', 1],
  ],
  [['ghost', 1]],
] as const
const countries = ['DE', 'DE', 'DE', 'FR', 'AQ']

const requestsMax = 3

export const requestsOf = (random: Random): Request[] => {
  const requests: Request[] = []
  const count = 1 + random.below(requestsMax)
  for (let i = 0; i < count; i++) {
    const lines = random.pick(baskets).map(([sku, quantity]) => ({ sku, quantity }))
    const shippingAddress = { name: 'A', street: 'B 1', city: 'C', postalCode: '1', country: random.pick(countries) }
    const command = { customerId: random.pick(customers), lines, shippingAddress }
    const key = random.chance(0.3) ? `key-${i}` : undefined
    requests.push({ command, key })
    // The same key for another order is refused.
    if (key !== undefined && random.chance(0.2)) requests.push({ command: { ...command, customerId: 'alice' }, key })
  }
  return requests
}

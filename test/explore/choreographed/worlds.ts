/** What the shop begins with: orders that were just placed, and what is there for them. */
import type { Stock } from '../../../services/inventory/src/inventory.ts'
import { type Order, placed, price, remember } from '../../../services/order/src/order.ts'
import { type Cell, emptyCell, type Message } from '../kit.ts'
import type { Accounts, Stocks } from './services.ts'

export interface World {
  readonly name: string
  readonly accounts: Accounts
  readonly stocks: Stocks
  /** ISO 3166-1 alpha-2. */
  readonly country: string
}

/** No decision asks for the time. */
export const at = '2026-01-01T00:00:00.000Z'
export const customerId = 'customer'
const currency = 'EUR'

const products = new Map(
  [
    { sku: 'tea', price: 500 },
    { sku: 'cup', price: 1_250 },
  ].map((p) => [p.sku, { ...p, name: p.sku, currency }]),
)
const lines = [
  { sku: 'tea', quantity: 1 },
  { sku: 'cup', quantity: 2 },
]
/** Of one order, minor units. */
const total = 3_000

/** An event's id says all that tells it from others of its order: equal histories have equal ids, and sort as they were stored. */
export const idOf = (producer: string, key: string, position: number, type: string): string =>
  `${producer}/${key}/${position}/${type}`

const shippingAddress = (country: string) => ({ name: 'C', street: '1', city: 'X', postalCode: '1', country })

/** The order service's cell of an order that it has just accepted. */
export const placedCell = (key: string, { country }: World): Cell => {
  const priced = price({ customerId, lines, shippingAddress: shippingAddress(country) }, products)
  if ('unknownLine' in priced) throw new Error('a world orders what there is')
  const about = { ...priced, customerId, shippingAddress: shippingAddress(country) }
  const fact = placed(about)
  const id = idOf('order', key, 0, fact.type)
  const message: Message = { ...fact, id, key, at, correlationId: id, producer: 'order', position: 0 }
  const order: Order = { status: 'PENDING', ...about, history: [], placedAt: at, deadlineAt: at, correlationId: id }
  return { ...emptyCell, state: remember(order, message), outbox: [message], stored: 1 }
}

const pieces = (onHand: number): Stock => ({ onHand, reserved: 0, issued: 0, received: onHand })
const account = (balance: number, is: { readonly blocked?: true; readonly currency?: string } = {}): Accounts => ({
  [customerId]: { balance, deposited: balance, currency, blocked: false, ...is },
})
const goods = (orders: number): Stocks => ({ tea: pieces(orders), cup: pieces(2 * orders) })

const plenty = (orders: number): World => ({
  name: 'money, goods and a carrier for all',
  accounts: account(total * orders),
  stocks: goods(orders),
  country: 'DE',
})

const ofOne = (): readonly World[] => {
  const all = plenty(1)
  return [
    all,
    { ...all, name: 'too little money', accounts: account(total - 1) },
    { ...all, name: 'a blocked account', accounts: account(total, { blocked: true }) },
    { ...all, name: 'money of another currency', accounts: account(total, { currency: 'SEK' }) },
    { ...all, name: 'an unknown customer', accounts: {} },
    { ...all, name: 'tea, but too few cups', stocks: { ...all.stocks, cup: pieces(1) } },
    { ...all, name: 'tea, but no such cups', stocks: { tea: pieces(1) } },
    { ...all, name: 'an address that is not served', country: 'AQ' },
  ]
}

const ofSeveral = (orders: number): readonly World[] => {
  const all = plenty(orders)
  return [
    { ...all, name: 'goods for one order less', stocks: goods(orders - 1) },
    { ...all, name: 'money for one order less', accounts: account(total * (orders - 1)) },
    all,
  ]
}

export const worldsOf = (orders: number): readonly World[] => (orders === 1 ? ofOne() : ofSeveral(orders))

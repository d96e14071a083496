import type { OrderRequest, Preset } from './api.ts'

const at = (country: string): OrderRequest['shippingAddress'] => ({
  name: 'A. Customer',
  street: 'Main St 1',
  city: 'Berlin',
  postalCode: '10115',
  country,
})

const order = (customerId: string, sku: string, country = 'DE', quantity = 1): OrderRequest => ({
  customerId,
  lines: [{ sku, quantity }],
  shippingAddress: at(country),
})

/** The outcomes that a saga can have, on the demo data. */
export const presets: readonly Preset[] = [
  {
    id: 'good',
    title: 'A good order',
    expect: 'Paid, reserved, scheduled, confirmed.',
    order: order('alice', 'keyboard'),
  },
  {
    id: 'too-poor',
    title: 'Too little money',
    expect: 'The payment is declined and the order cancelled; nothing has to be undone.',
    order: order('bob', 'monitor'),
  },
  {
    id: 'blocked',
    title: 'A blocked customer',
    expect: 'The payment is declined and the order cancelled.',
    order: order('mallory', 'keyboard'),
  },
  {
    id: 'out-of-stock',
    title: 'Out of stock',
    expect: 'Inventory rejects the order, so its payment is refunded and it is cancelled.',
    order: order('alice', 'unicorn'),
  },
  {
    id: 'address-not-served',
    title: 'An address that is not served',
    expect: 'Delivery says no: the stock is released, then the payment refunded, in reverse order.',
    order: order('alice', 'keyboard', 'AQ'),
  },
  {
    id: 'cancel-in-flight',
    title: 'Cancelled in flight',
    expect: 'Delivery decides the race: everything is undone, or the cancellation is refused and the order confirmed.',
    order: order('alice', 'mouse'),
  },
]

/** Those of a burst that shall fail, in turn. */
export const failingPresets: readonly Preset[] = presets.filter(({ id }) =>
  ['too-poor', 'out-of-stock', 'address-not-served'].includes(id),
)

const burstCustomers = 100

/** The n-th good order of a burst: over many accounts, as on one they would queue for its row. */
export const goodOrder = (n: number): OrderRequest =>
  order(`load-${String((n % burstCustomers) + 1).padStart(3, '0')}`, 'sticker')

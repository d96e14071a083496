import type { Mix } from './options.ts'

const address = (country: string): string =>
  JSON.stringify({ name: 'Bench', street: 'Main Street 1', city: 'Berlin', postalCode: '10115', country })
const [served, notServed] = [address('DE'), address('AQ')]

/** The n-th customer, or the n-th product, that the shop was seeded with for load. */
export const loadName = (n: number): string => `load-${String(n + 1).padStart(3, '0')}`

// Put together by hand, since the load must cost little; these names need no escape.
const bodyOf = (customerId: string, sku: string, shippingAddress = served): string =>
  `{"customerId":"${customerId}","lines":[{"sku":"${sku}","quantity":1}],"shippingAddress":${shippingAddress}}`

/** The n-th order's body. */
export const bodies = ({ failPercent, customers, skus }: Mix): ((n: number) => string) => {
  const names = Array.from({ length: customers }, (_, i) => loadName(i))
  const goods = Array.from({ length: skus }, (_, i) => loadName(i))
  let failed = 0
  return (n) => {
    const customer = names[n % customers] ?? ''
    // every customer comes to every product
    const sku = goods[(n + Math.floor(n / customers)) % skus] ?? ''
    const fails = Math.floor(((n + 1) * failPercent) / 100) > Math.floor((n * failPercent) / 100)
    if (!fails) return bodyOf(customer, sku)
    const way = failed++ % 3
    if (way === 0) return bodyOf('bob', 'laptop')
    return way === 1 ? bodyOf(customer, 'unicorn') : bodyOf(customer, sku, notServed)
  }
}

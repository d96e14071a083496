import type { Product } from './order.ts'

/** SKU, name, price in cents. */
const demo = [
  ['keyboard', 'Keyboard', 4_990],
  ['mouse', 'Mouse', 1_990],
  ['monitor', 'Monitor', 24_900],
  ['laptop', 'Laptop', 129_900],
  ['unicorn', 'Unicorn (never in stock)', 9_900],
  ['sticker', 'Sticker', 100],
] as const

/** Those that load asks for; at the price of a sticker. */
const load = (count: number) =>
  Array.from({ length: count }, (_, i) => String(i + 1).padStart(3, '0')).map((n) => [`load-${n}`, `Load ${n}`, 100] as const)

/** The product list of a new shop. @param loadSkus how many more load asks for. */
export const demoProducts = (loadSkus: number): readonly Product[] =>
  [...demo, ...load(loadSkus)].map(([sku, name, price]) => ({ sku, name, price, currency: 'EUR' }))

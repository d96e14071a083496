import type { Customer, OrderRequest, Product, ShopView } from './api.ts'
import { presets } from './presets.ts'
import { reasonOf, type Upstream } from './upstream.ts'

type Stock = Pick<Product, 'sku' | 'onHand' | 'reserved' | 'available'>

/** The shop as its own services tell it, now. What does not answer is named in `errors`. */
export const shopView = async (upstream: Upstream, customerIds: readonly string[]): Promise<ShopView> => {
  const failed = new Map<string, string>()
  const ask = async <T>(service: string, path: string): Promise<T | undefined> => {
    try {
      return await upstream.json<T>(service, path)
    } catch (error) {
      failed.set(service, reasonOf(error))
      return undefined
    }
  }
  const [products, stock, customers] = await Promise.all([
    ask<{ products: Product[] }>('order', '/products'),
    ask<{ stock: Stock[] }>('inventory', '/stock'),
    Promise.all(customerIds.map((id) => ask<Customer>('payment', `/accounts/${encodeURIComponent(id)}`))),
  ])
  const stockOf = new Map(stock?.stock.map((s) => [s.sku, s]))
  return {
    products: (products?.products ?? []).map((p) => ({ ...p, ...stockOf.get(p.sku) })),
    customers: customers.filter((c) => c !== undefined),
    presets,
    errors: [...failed].map(([service, detail]) => ({ service, detail })),
  }
}

/** @returns the new order's id. @throws Problem 502 when the order service does not accept it. */
export const placeOrder = async (upstream: Upstream, order: OrderRequest): Promise<string> => {
  const { orderId } = await upstream.json<{ orderId: string }>('order', '/orders', { method: 'POST', body: order })
  return orderId
}

export interface ShopView {
  readonly products: readonly Product[]
  readonly customers: readonly Customer[]
  readonly presets: readonly Preset[]
  /** Services that did not answer, and so are missing above. */
  readonly errors: readonly { readonly service: string; readonly detail: string }[]
}

export interface Product {
  readonly sku: string
  readonly name: string
  /** Minor units. */
  readonly price: number
  readonly currency: string
  /** Absent when inventory did not answer or does not know it. */
  readonly onHand?: number
  readonly reserved?: number
  readonly available?: number
}

export interface Customer {
  readonly customerId: string
  /** Minor units. */
  readonly balance: number
  readonly currency: string
  readonly blocked: boolean
}

export interface Preset {
  /** Such as `good`, `too-poor`, `blocked`, `out-of-stock`, `address-not-served`, `cancel-in-flight`. */
  readonly id: string
  readonly title: string
  /** What a reader will see, one sentence. */
  readonly expect: string
  /** The body for POST /orders; a form may be filled with it. */
  readonly order: OrderRequest
}

export interface OrderRequest {
  readonly customerId: string
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
  readonly shippingAddress: {
    readonly name: string
    readonly street: string
    readonly city: string
    readonly postalCode: string
    readonly country: string
  }
}

export interface Placed {
  readonly orderId: string
}

export interface BurstRequest {
  /** Orders, 1 to limits.burstMax. */
  readonly count: number
  /** 1 to limits.burstPerSecondMax; default 50. */
  readonly perSecond?: number
  /** Share of orders that will fail, 0 to 1, spread over the presets that fail; default 0. */
  readonly failing?: number
}

export interface Burst {
  readonly id: string
  readonly count: number
  readonly perSecond: number
  /** Accepted by the order service so far. */
  readonly placed: number
  /** Refused, or without an answer. */
  readonly refused: number
  readonly running: boolean
  readonly startedAt: string
  readonly endedAt?: string
}

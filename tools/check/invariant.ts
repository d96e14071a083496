import type { VariantName } from '@shop/manifest/variants'
import type { OrderView } from './order-view.ts'
import type { Shop } from './snapshot.ts'

/** Name → count or amount, shown in this order. */
export type Figures = Readonly<Record<string, number>>

/** Tells of a violation; with the order's id when it is about one. */
export type Found = (text: string, orderId?: string) => void

/** One run of an invariant over a shop: sees every order once, so that a shop of any size can be checked. */
export interface Examination {
  order?(order: OrderView): void
  /** After the last order: what holds for the shop as a whole. */
  end?(): void
  figures(): Figures
}

export interface Invariant {
  readonly id: string
  /** A sentence that says what holds. */
  readonly title: string
  /** Cannot be checked without the topics. */
  readonly needsTopics?: true
  /** Only in this variant of the purchase; absent: in all. */
  readonly onlyIn?: VariantName
  /** By variant in which it says nothing, why. */
  readonly notIn?: Readonly<Partial<Record<VariantName, string>>>
  /** Pure but for its own sums: no clock, no I/O. */
  begin(shop: Shop, found: Found): Examination
}

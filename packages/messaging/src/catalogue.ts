import type { z } from 'zod'

/** What the kit has to know of a system's events. */
export interface Catalogue {
  /** Name → CloudEvents type (`shop.payment.PaymentCaptured.v1`), CloudEvents source (`/shop/payment`) and topic. @throws Error for an unknown name. */
  address(type: string): { readonly ceType: string; readonly source: string; readonly topic: string }
  /** CloudEvents type → name, schema, and whether this consumer reacts to it; `undefined` when there is no such event. */
  lookup(ceType: string): { readonly type: string; readonly schema: z.ZodType; readonly consumed: boolean } | undefined
  /** True when that is no event, but another version of one: who does not know it must not pass it over. */
  isOtherVersion(ceType: string): boolean
  /** True when this consumer undoes a step because of that event: handling it is never given up. */
  compensates(type: string): boolean
  /** The topic for what this consumer cannot handle from `topic`. */
  deadLetterTopic(topic: string): string
}

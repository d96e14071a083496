import type { z } from 'zod'

/** An event of the system, as one consumer sees it. */
export interface KnownEvent {
  readonly type: string
  readonly schema: z.ZodType
  /** Whether this consumer reacts to it. */
  readonly consumed: boolean
  /** Its owner's CloudEvents source, such as `/shop/payment`. */
  readonly source: string
  /** The topic that only its owner writes. */
  readonly topic: string
}

/** What the kit has to know of a system's events. */
export interface Catalogue {
  /** Name → CloudEvents type (`shop.payment.PaymentCaptured.v1`), CloudEvents source (`/shop/payment`) and topic. @throws Error for an unknown name. */
  address(type: string): { readonly ceType: string; readonly source: string; readonly topic: string }
  /** CloudEvents type → the event; `undefined` when there is no such event. */
  lookup(ceType: string): KnownEvent | undefined
  /** True when that is no event, but another version of one: who does not know it must not pass it over. */
  isOtherVersion(ceType: string): boolean
  /** Name → CloudEvents type of an event, whoever owns it. @throws Error for an unknown name. */
  ceTypeOf(type: string): string
  /** True when this consumer undoes a step because of that event: handling it is never given up. */
  compensates(type: string): boolean
  /** The topic for what this consumer cannot handle from `topic`. */
  deadLetterTopic(topic: string): string
}

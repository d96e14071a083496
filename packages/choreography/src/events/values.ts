import { z } from 'zod'

/** So long is what is read, however long what is written may be: a text of megabytes would be told on by who answers it. */
const textMax = 300
/** What no database takes in a text. */
const withoutNul = /^[^\0]*$/
const withoutNulMessage = 'must not hold NUL'

/** A text of at most so many UTF-16 units; default 300. */
export const text = (lengthMax = textMax) => z.string().max(lengthMax).regex(withoutNul, withoutNulMessage)

/** Integer minor units (cents) up to 2^53 − 1, always beside a `currency`. */
export const amount = z.int().positive()
/** ISO 4217. */
export const currency = text(3).length(3)
export const customerId = text(64).min(1)
export const sku = text(64)
/** As many as an order may have. */
export const lines = z
  .array(z.object({ sku, quantity: z.int().positive().max(1_000_000) }))
  .min(1)
  .max(100)
/** `country` is ISO 3166-1 alpha-2. */
export const address = z.object({
  name: text(200),
  street: text(200),
  city: text(100),
  postalCode: text(20),
  country: text(2).length(2),
})

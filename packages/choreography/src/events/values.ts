import { z } from 'zod'

/** Integer minor units (cents), always beside a `currency`. */
export const amount = z.int().positive()
/** ISO 4217. */
export const currency = z.string().length(3)
export const lines = z.array(z.object({ sku: z.string(), quantity: z.int().positive() })).min(1)
/** `country` is ISO 3166-1 alpha-2. */
export const address = z.object({
  name: z.string(),
  street: z.string(),
  city: z.string(),
  postalCode: z.string(),
  country: z.string().length(2),
})

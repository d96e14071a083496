import { type VariantName, variants } from '@shop/manifest/variants'
import type { Backend } from './backend.ts'
import type { Backends } from './backends.ts'

/** Enough for the purchases that the coordinator has under way at once, at four participants each. */
export const preparingPostgres = { max_prepared_transactions: '200' }

/** Those servers alone that the variant uses. */
export const neededOf = (backends: Backends, variant: VariantName | undefined): Pick<Backends, 'embedded'> => {
  if (variant === undefined) return backends
  const needed: readonly Backend[] = variants[variant].servers.map((name) => backends[name])
  return { embedded: backends.embedded.filter((backend) => needed.includes(backend)) }
}

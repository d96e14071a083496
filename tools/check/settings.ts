import { Refused } from '@shop/command-line'
import type { VariantName } from '@shop/manifest/variants'
import { type Access, accessOf, type LookOptions, variantOf } from '../running-shop/index.ts'
import { Unreadable } from './unreadable.ts'

/** Where the shop keeps its data. The URL of PostgreSQL is an administrator's; each service's own database stands beside the one named there. */
export interface Settings extends Access {
  /** In which other way orders are finished; absent: by the choreography. */
  readonly variant?: VariantName | undefined
}

/** @throws Unreadable when no shop is found */
export const readSettings = (options: LookOptions = {}): Settings => {
  try {
    return { ...accessOf(options), variant: variantOf(options) }
  } catch (error) {
    throw error instanceof Refused ? new Unreadable(`no shop to check: ${error.message}`) : error
  }
}

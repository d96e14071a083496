import { Refused } from '@shop/command-line'
import { ComposeShop } from './compose-shop.ts'
import { EmbeddedShop } from './embedded-shop.ts'
import { insideShop } from './inside-shop.ts'
import { defaultDataDir, readRunRecord } from './run-record.ts'
import type { ShopTarget } from './shop-target.ts'
import type { LookOptions } from './whereabouts.ts'

/** `inside`: a container of compose's network, which reaches all but the engine. */
export const targets = ['embedded', 'compose', 'inside'] as const
export type TargetName = (typeof targets)[number]

/**
 * The shop to act on: the one around this container, when the environment names its services; else that of `npm start`, else that of
 * docker compose.
 * @param options `target`: this one alone
 * @throws Refused when none runs
 */
export const findShop = async ({
  target,
  dataDir = defaultDataDir,
  env = process.env,
}: LookOptions & { readonly target?: TargetName | undefined } = {}): Promise<ShopTarget> => {
  if (target === 'inside' || (target === undefined && env.SERVICE_URLS)) return insideShop(env)
  const recorded = target === 'compose' ? undefined : readRunRecord(dataDir)
  if (recorded?.record !== undefined) {
    const shop = new EmbeddedShop(recorded.record)
    await shop.state() // its urls
    return shop
  }
  const compose = target === 'embedded' ? undefined : await ComposeShop.find()
  if (compose !== undefined) return compose
  const looked = [...(recorded ? [dataDir] : []), ...(target === 'embedded' ? [] : ['docker compose'])].join(' and ')
  const stale = recorded?.stale ? `; ${recorded.why}` : ''
  throw new Refused(`no shop runs here (looked for ${looked}${stale}): npm start`)
}

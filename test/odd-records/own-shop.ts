/** A shop of its own on free ports, in a folder that goes away with it. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Shop, startShop } from '@shop/infra/embedded'
import type { VariantName } from '@shop/manifest/variants'
import { EmbeddedShop } from '@shop/tools/running-shop'

export interface OwnShop {
  readonly shop: Shop
  readonly target: EmbeddedShop
  stop(): Promise<void>
}

/** @throws what `startShop` does */
export const startOwnShop = async (options: {
  readonly dashboard?: boolean
  readonly variant?: VariantName
  readonly env?: NodeJS.ProcessEnv
  /** default 'outbox' */
  readonly relay?: 'outbox' | 'cdc'
  readonly say: (line: string) => void
  readonly signal?: AbortSignal
}): Promise<OwnShop> => {
  const { say, dashboard = false, env = process.env, relay = 'outbox', signal, variant } = options
  const dataDir = mkdtempSync(join(tmpdir(), 'shop-own-'))
  chmodSync(dataDir, 0o711) // for root: PostgreSQL runs as another account then
  const remove = () => rmSync(dataDir, { recursive: true, force: true })
  const more = { ...(signal && { signal }), ...(variant && { variant }) }
  const starting = startShop({ dataDir, ports: 'free', dashboard, relay, env, log: say, ...more })
  const shop = await starting.catch((error) => {
    remove()
    throw error
  })
  const stop = () => shop.stop().finally(remove)
  const target = EmbeddedShop.find(dataDir)
  if (target !== undefined) return { shop, target, stop }
  await stop()
  throw new Error('the shop left no record of itself')
}

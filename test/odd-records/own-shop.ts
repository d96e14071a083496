/** A shop of its own on free ports, in a folder that goes away with it. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrokerKind, type Shop, startShop } from '@shop/infra/embedded'
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
  /** default kafka */
  readonly broker?: BrokerKind
  readonly env?: NodeJS.ProcessEnv
  /** default 'outbox' */
  readonly relay?: 'outbox' | 'cdc'
  readonly say: (line: string) => void
  readonly signal?: AbortSignal
}): Promise<OwnShop> => {
  const { say, dashboard = false, broker = 'kafka', env = process.env, relay = 'outbox', signal, variant } = options
  const dataDir = mkdtempSync(join(tmpdir(), 'shop-own-'))
  chmodSync(dataDir, 0o711) // for root: PostgreSQL runs as another account then
  const remove = () => rmSync(dataDir, { recursive: true, force: true })
  const asked = { dataDir, ports: 'free', dashboard, broker, relay, env, log: say } as const
  const more = { ...(signal && { signal }), ...(variant && { variant }) }
  const shop = await startShop({ ...asked, ...more }).catch((error) => {
    remove()
    throw error
  })
  const stop = () => shop.stop().finally(remove)
  const target = EmbeddedShop.find(dataDir)
  if (target !== undefined) return { shop, target, stop }
  await stop()
  throw new Error('the shop left no record of itself')
}

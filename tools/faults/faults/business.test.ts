import { services } from '@shop/manifest'
import { expect, test } from 'vitest'
import type { ShopTarget } from '../../running-shop/shop-target.ts'
import { Given } from '../fault.ts'
import { businessFaults } from './business.ts'

test('there is a fault for everything that a service of the manifest can be told to refuse, and for nothing else', async () => {
  const told: string[] = []
  const admin: ShopTarget['admin'] = async (service, _method, _path, body) => {
    told.push(`${service} refuses ${(body as { what: string }).what}`)
    return [{ id: '1' }]
  }
  const shop = { admin, url: () => '' } as Partial<ShopTarget> as ShopTarget
  for (const fault of businessFaults) await fault.begin(shop, new Given({ percent: 1, sku: 'keyboard' }, 1_000))
  const declared = services.flatMap((s) => ('refuses' in s ? `${s.name} refuses ${s.refuses}` : []))
  expect(told.toSorted()).toEqual(declared.toSorted())
})

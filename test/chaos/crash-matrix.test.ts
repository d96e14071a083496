/** One crash in each service: `npm run crash-matrix` in small. */
import { serviceNames } from '@shop/choreography'
import { faultPoints } from '@shop/messaging'
import { EmbeddedShop } from '@shop/tools/running-shop'
import { expect, inject, test } from 'vitest'
import { allCells, recipeFor, someCells } from './crash-matrix/cells.ts'
import { matrixPage } from './crash-matrix/page.ts'
import { flawsOf, runMatrix } from './crash-matrix/run.ts'

test('the matrix has every point, service and event', () => {
  expect(new Set(allCells.map((c) => c.point))).toEqual(new Set(faultPoints))
  expect(new Set(allCells.map((c) => c.service))).toEqual(new Set(serviceNames))
  // 17 consumed events at 4 points, 12 told ones at 3, 2 commands
  expect(allCells).toHaveLength(17 * 4 + 12 * 3 + 2)
  expect(recipeFor('StockReleased')).toMatchObject({ country: 'AQ' })
})

test('a service killed at a fault point: its order ends, every invariant holds', async () => {
  const shop = EmbeddedShop.find(inject('admin').dataDir)
  if (shop === undefined) throw new Error('the shop left no record of itself')
  const run = await runMatrix(shop, someCells, (line) => console.log(`crash: ${line}`))
  expect(flawsOf(run)).toEqual([])
  expect(run.results.map((r) => r.service).sort()).toEqual([...serviceNames].sort())
  expect(matrixPage(run)).toContain('0 are violated')
}, 300_000)

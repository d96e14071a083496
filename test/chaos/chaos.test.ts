/** A compact storm over the shop that the scenarios run on: `npm run chaos` in small. */

import { EmbeddedShop } from '@shop/tools/running-shop'
import { expect, inject, test } from 'vitest'
import { pageOf } from './page.ts'
import { reportOf, summaryOf } from './report.ts'
import { runChaos } from './run.ts'

const seed = 20

test('40 s of faults under load: every order ends, every invariant holds', async () => {
  const shop = EmbeddedShop.find(inject('admin').dataDir)
  if (shop === undefined) throw new Error('the shop left no record of itself')
  const run = await runChaos({
    shop,
    seed,
    orders: 300,
    lastsMs: 40_000,
    forMs: [700, 2_500],
    gapMs: [700, 2_000],
    say: (line) => console.log(`chaos: ${line}`),
  })
  const report = reportOf(run)
  console.log(summaryOf(report))
  expect(report.classes.length).toBeGreaterThanOrEqual(12)
  expect(report.orders.accepted).toBe(300)
  expect(report, summaryOf(report)).toMatchObject({ passed: true, violations: [], orders: { stuck: [], lost: [] } })
  const page = pageOf(report)
  expect(page).toContain('Every order ended, every invariant holds.')
  expect(page).not.toMatch(/(src|href)=|@import|url\(/)
}, 400_000)

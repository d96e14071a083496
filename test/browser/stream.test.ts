import { expect, onTestFinished, test } from 'vitest'
import { ended, place } from '../scenarios/shop.ts'
import { openWire } from './cut.ts'
import { dashboardUrl, visit } from './reader.ts'

const whileCut = 20

test('a page that was cut off goes on where it was, without a gap', async () => {
  const wire = await openWire(new URL(dashboardUrl))
  onTestFinished(() => wire.close())
  const page = await visit('/orders', { base: wire.url })
  const before = await ended((await place()).orderId)
  await page.locator(`a[href="/orders/${before.orderId}"]`).waitFor()
  expect(wire.asked).toEqual([undefined])

  wire.cut()
  await page.getByText('The dashboard cannot be reached').waitFor()
  const missed = await Promise.all(Array.from({ length: whileCut }, () => place({ sku: 'sticker' })))
  await Promise.all(missed.map(({ orderId }) => ended(orderId)))
  expect(await page.locator(`a[href="/orders/${missed[0]?.orderId}"]`).count()).toBe(0)

  wire.mend()
  await page.getByText('Live', { exact: true }).waitFor({ timeout: 30_000 })
  for (const { orderId } of missed) {
    const row = page.locator('table.orders tr', { has: page.locator(`a[href="/orders/${orderId}"]`) })
    await row.locator('.state', { hasText: 'Confirmed' }).waitFor()
  }
  // It asked for what came after the last frame that it had, and so no snapshot was needed to mend a gap.
  expect(wire.asked.at(-1)).toMatch(/^\w+\.\d+$/)
  const all = await page.getByRole('button', { name: /All$/ }).textContent()
  const { totals } = (await (await fetch(`${dashboardUrl}/api/orders?limit=1`)).json()) as { totals: { all: number } }
  expect(Number(all?.replace(/\D/g, ''))).toBe(totals.all)
})

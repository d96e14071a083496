import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { ended, place } from '../scenarios/shop.ts'
import { visit } from './reader.ts'

const orderId = async (): Promise<string> => (await ended((await place({ country: 'AQ' })).orderId)).orderId

const ready: Record<string, (page: Page) => Promise<void>> = {
  shop: (page) => page.getByRole('heading', { name: 'Products' }).waitFor(),
  orders: (page) => page.locator('table.orders tbody a').first().waitFor(),
  order: (page) => page.locator('svg.saga .mark').first().waitFor(),
  flow: (page) => page.locator('.uplot').nth(3).waitFor(),
  faults: (page) => page.getByRole('switch').first().waitFor(),
}

const paths: [view: string, path: () => Promise<string>][] = [
  ['shop', async () => '/'],
  ['orders', () => orderId().then(() => '/orders')],
  ['order', async () => `/orders/${await orderId()}`],
  ['flow', () => orderId().then(() => '/flow')],
  ['faults', async () => '/faults'],
]

/** Both have the page draw itself anew where it stands. */
const looks = (['light', 'dark'] as const).flatMap((colorScheme) => [1280, 390].map((width) => ({ colorScheme, width })))

const seriousIn = async (page: Page): Promise<string[]> => {
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run())
  const serious = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')
  return serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`)
}

test.each(paths)('axe finds nothing serious: %s, light and dark, 1280 and 390 wide', async (view, path) => {
  const page = await visit(await path(), { reducedMotion: 'reduce' })
  // As the debugger does: the page's own policy allows no script of ours.
  await page.evaluate(axe.source)
  for (const { colorScheme, width } of looks) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 900 })
    await page.locator(`:root[data-theme="${colorScheme}"]`).waitFor()
    await ready[view]?.(page)
    expect(await seriousIn(page), `${colorScheme}, ${width} wide`).toEqual([])
    const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')
    expect(overflow, `${colorScheme}, ${width} wide`).toBeLessThanOrEqual(0)
  }
})

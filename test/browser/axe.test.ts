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

test.each(
  paths.flatMap(([view, path]) =>
    (['light', 'dark'] as const).flatMap((colorScheme) => [1280, 390].map((width) => ({ view, path, colorScheme, width }))),
  ),
)('axe finds nothing serious: $view, $colorScheme, $width wide', async ({ view, path, colorScheme, width }) => {
  const page = await visit(await path(), { colorScheme, viewport: { width, height: 900 }, reducedMotion: 'reduce' })
  await ready[view]?.(page)
  // As the debugger does: the page's own policy allows no script of ours.
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run())
  const serious = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')
  expect(serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`)).toEqual([])
  const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth')
  expect(overflow).toBeLessThanOrEqual(0)
})

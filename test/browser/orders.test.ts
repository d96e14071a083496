import { expect, onTestFinished, test } from 'vitest'
import { start } from '../scenarios/shop.ts'
import { dashboardUrl, placePreset, stateOf, visit } from './reader.ts'

const soonMs = 30_000

test('an order that is placed is seen to be confirmed, step by step', async () => {
  const page = await visit('/')
  const orderId = await placePreset(page, 'A good order')
  const line = page.locator('.just-placed li', { has: page.locator(`a[href="/orders/${orderId}"]`) })
  await line.getByText('Confirmed').waitFor({ timeout: soonMs })

  await line.getByRole('link').click()
  await stateOf(page, 'Confirmed').waitFor()
  expect(page.url()).toBe(`${dashboardUrl}/orders/${orderId}`)
  const events = await page.locator('table.events tbody tr .event').allInnerTexts()
  expect(events).toEqual(['Order placed', 'Payment captured', 'Stock reserved', 'Delivery scheduled', 'Order confirmed'])
  expect(await page.locator('svg.saga .mark').count()).toBe(5)
  expect(await page.locator('svg.saga .cause').count()).toBe(4)
  expect(await page.locator('svg.saga g.ghost').count()).toBe(0)
})

test('its address alone shows the same order to somebody else', async () => {
  const orderId = await placePreset(await visit('/'), 'A good order')
  const page = await visit(`/orders/${orderId}`, { withToken: false })
  await stateOf(page, 'Confirmed').waitFor({ timeout: soonMs })
  expect(await page.getByRole('button', { name: 'Show names and addresses' }).count()).toBe(0)
})

test('a refund is tied to the capture that it undoes, and its raw envelope can be read', async () => {
  const shop = await visit('/')
  const orderId = await placePreset(shop, 'An address that is not served')
  const page = await visit(`/orders/${orderId}`)
  await stateOf(page, 'Cancelled').waitFor({ timeout: soonMs })
  await page.getByText(/stock released undoes stock reserved and payment refunded undoes payment captured/).waitFor()
  expect((await page.locator('svg.saga .tie-word').allTextContents()).sort()).toEqual([
    'Payment refunded undoes this step',
    'Stock released undoes this step',
  ])

  const captured = page.getByRole('button', { name: /^Payment captured, .*undone by Payment refunded/ })
  await captured.focus()
  await page.keyboard.press('Enter')
  const envelope = page.getByRole('complementary', { name: 'Payment captured' })
  await envelope.getByText('Undone by').waitFor()
  await envelope.getByRole('button', { name: 'Payment refunded' }).click()
  const refund = page.getByRole('complementary', { name: 'Payment refunded' })
  await refund.getByText('Undoes', { exact: true }).waitFor()
  expect(await refund.getByLabel('The record as JSON').textContent()).toContain('"ce_type": "shop.payment.PaymentRefunded.v1"')
  expect(page.url()).toContain('event=shop.payment')
})

test('an order waits for inventory while that is away, and goes on when it is back', async () => {
  const shop = await visit('/')
  const faults = await visit('/faults')
  onTestFinished(() => start('inventory'))
  await faults.getByRole('button', { name: 'Stop inventory' }).click()
  await faults.getByRole('button', { name: 'Start inventory' }).waitFor({ timeout: soonMs })

  const orderId = await placePreset(shop, 'A good order')
  const page = await visit(`/orders/${orderId}`)
  await stateOf(page, 'Pending').waitFor()
  await page.getByText('waiting for inventory to answer payment captured').waitFor({ timeout: soonMs })
  await page.locator('svg.saga g.ghost', { hasText: 'Stock reserved' }).waitFor()

  await faults.getByRole('button', { name: 'Start inventory' }).click()
  await stateOf(page, 'Confirmed').waitFor({ timeout: soonMs })
  expect(await page.locator('svg.saga g.ghost').count()).toBe(0)
})

test('an order is completed although payment was killed after its commit', async () => {
  const faults = await visit('/faults')
  await faults.getByRole('switch', { name: 'Payment dies after its commit' }).click()
  await faults.getByText('1 fault is on').waitFor()
  const orderId = await placePreset(await visit('/'), 'A good order')
  const page = await visit(`/orders/${orderId}`)
  await stateOf(page, 'Confirmed').waitFor({ timeout: soonMs })
  await faults.getByText('1 fault is on').waitFor({ state: 'detached', timeout: soonMs })
})

test('the list can be filtered, and its address keeps the filter', async () => {
  const shop = await visit('/')
  const cancelled = await placePreset(shop, 'Too little money')
  const confirmed = await placePreset(shop, 'A good order')
  const page = await visit('/orders')
  await page.locator(`a[href="/orders/${confirmed}"]`).waitFor({ timeout: soonMs })
  await page.getByRole('button', { name: /Cancelled$/ }).click()
  await page.locator(`a[href="/orders/${cancelled}"]`).waitFor()
  expect(await page.locator(`a[href="/orders/${confirmed}"]`).count()).toBe(0)
  expect(page.url()).toContain('state=CANCELLED')
  await page.getByLabel('Customer').fill('nobody-at-all')
  await page.keyboard.press('Enter')
  await page.getByText('No order fits this filter').waitFor()
  await page.getByRole('button', { name: 'Show all orders' }).click()
  await page.locator(`a[href="/orders/${confirmed}"]`).waitFor()
})

test('an order that nobody knows says what to do', async () => {
  const page = await visit('/orders/00000000-0000-7000-8000-000000000000')
  await page.getByText('Nothing is known of this order yet').waitFor()
  await page.getByRole('link', { name: 'orders', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Orders' }).waitFor()
})

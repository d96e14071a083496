import { expect, test } from 'vitest'
import { placePreset, stateOf, visit } from './reader.ts'

const soonMs = 40_000

test('a poisoned order becomes a dead letter, and is completed when that is replayed', async () => {
  const page = await visit('/faults')
  const poison = page.getByRole('switch', { name: 'One order is poison' })
  await poison.click()
  await page.getByText('1 fault is on').waitFor()
  await page
    .getByText(/ends at \d\d:\d\d:\d\d, in/)
    .first()
    .waitFor()

  const orderId = await placePreset(await visit('/'), 'A good order')
  const letter = page.locator('.letter-list li', { has: page.locator(`a[href="/orders/${orderId}"]`) })
  await letter.getByText('is poisoned').waitFor({ timeout: soonMs })

  const order = await visit(`/orders/${orderId}`)
  await stateOf(order, 'Pending').waitFor()
  await order.locator('svg.saga g.stop', { hasText: 'Dead letter' }).waitFor({ timeout: soonMs })

  await poison.click()
  await page.getByText('1 fault is on').waitFor({ state: 'detached' })
  await letter.getByRole('button', { name: 'Replay' }).click()
  await stateOf(order, 'Confirmed').waitFor({ timeout: soonMs })
  await order.getByText('Nothing of this order is set aside any more').waitFor()
  await letter.waitFor({ state: 'detached' })
})

test('an order that is cancelled in flight is undone, last step first', async () => {
  const page = await visit('/faults')
  await page.getByRole('switch', { name: 'Inventory is slow' }).click()
  await page.getByText('1 fault is on').waitFor()
  const orderId = await placePreset(await visit('/'), 'A good order')
  const order = await visit(`/orders/${orderId}`)
  await order.getByText('waiting for inventory to answer payment captured').waitFor({ timeout: soonMs })
  await order.getByRole('button', { name: 'Cancel this order' }).click()
  await stateOf(order, 'Cancelled').waitFor({ timeout: soonMs })
  await order.getByText(/cancelled on request, after .* stock released undoes stock reserved and payment refunded/).waitFor()
})

test('the invariants are checked from the page, and hold', async () => {
  const page = await visit('/faults')
  await page.getByRole('button', { name: 'Check now' }).click()
  await page.getByText(/^All \d+ hold$/).waitFor({ timeout: 80_000 })
  expect(await page.locator('.invariant-list > li.holds').count()).toBeGreaterThan(10)
})

test('without the token nothing can be switched', async () => {
  const page = await visit('/faults', { withToken: false })
  await page.getByLabel('Token').waitFor()
  expect(await page.getByRole('switch', { name: 'One order is poison' }).isDisabled()).toBe(true)
  await page.getByLabel('Token').fill('wrong')
  await page.getByRole('button', { name: 'Use it' }).click()
  await page.getByText('This is not the token of this shop.').waitFor()
})

/** The page as its readers use it: by what they see and what they press. */

import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, expect, inject } from 'vitest'
import { launch } from './chromium.ts'

const { urls } = inject('shop')
const { token } = inject('admin')

/** Of the dashboard, by the name that browsers are used to. */
export const dashboardUrl = (urls.dashboard ?? '').replace('127.0.0.1', 'localhost')

let browser: Promise<Browser> | undefined
const contexts: BrowserContext[] = []
const complaints: string[] = []

afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()))
  // A policy that was broken, a script that threw: no test may pass over it.
  expect(complaints.splice(0)).toEqual([])
})
afterAll(async () => (await browser)?.close())

export interface Visit extends BrowserContextOptions {
  /** Default: the dashboard's own. */
  readonly base?: string
  /** Without it faults and dead letters cannot be touched. Default true. */
  readonly withToken?: boolean
  /** A script that runs in it before the page's own. */
  readonly before?: string
}

/** Opens a view in a window of its own. What the browser complains of fails the test, but for answers that are part of it. */
export const visit = async (
  path: string,
  { base = dashboardUrl, withToken = true, before, ...options }: Visit = {},
): Promise<Page> => {
  browser ??= launch(inject('chromium'))
  const context = await (await browser).newContext({ viewport: { width: 1280, height: 900 }, ...options })
  contexts.push(context)
  if (before !== undefined) await context.addInitScript(before)
  const page = await context.newPage()
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    const away = /Failed to load resource|ERR_|net::/.test(message.text())
    if (message.type() === 'error' && !away) complaints.push(message.text())
  })
  await page.goto(`${base}${path}${withToken ? `#token=${token}` : ''}`)
  await page.getByText('Live', { exact: true }).waitFor()
  return page
}

/** Presses a preset's button in the shop. @returns the order's id. */
export const placePreset = async (page: Page, title: string): Promise<string> => {
  const answered = page.waitForResponse((r) => r.url().includes('/api/presets/') && r.request().method() === 'POST')
  await page.getByRole('button', { name: `Place the order: ${title}` }).click()
  const { orderId } = (await (await answered).json()) as { orderId: string }
  return orderId
}

/** The order's page with the given state as its title, however long it takes within the bound. */
export const stateOf = (page: Page, state: string) => page.getByRole('heading', { level: 1, name: state })

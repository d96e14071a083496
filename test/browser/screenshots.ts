/** Pictures of each view into docs/images, light and dark, from a shop that really runs: npm run screenshots. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { buildPage, type Shop, startShop } from '@shop/infra/embedded'
import type { Browser, Page } from 'playwright-core'
import { findChromium, launch } from './chromium.ts'

const folder = join(import.meta.dirname, '../../docs/images')
const wide = (height: number) => ({ width: 1280, height })
const phone = (height: number) => ({ width: 390, height })
/** So long the charts have something to show. */
const burst = { count: 420, perSecond: 6, failing: 0.25 }
const waitMsMax = 180_000

interface Scene {
  readonly compensated: string
  readonly poisoned: string
}

class Dashboard {
  readonly url: string
  readonly token: string

  constructor({ urls, adminToken }: Shop) {
    this.url = (urls.dashboard ?? '').replace('127.0.0.1', 'localhost')
    this.token = adminToken
  }

  async ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as Answer
  }

  /** @throws Error when it does not hold within three minutes. */
  async until<Answer>(path: string, holds: (answer: Answer) => boolean): Promise<void> {
    const deadline = Date.now() + waitMsMax
    while (!(await this.ask<Answer>('GET', path).then(holds, () => false))) {
      if (Date.now() > deadline) throw new Error(`${path} did not become what the pictures need within ${waitMsMax / 1_000} s`)
      await pause(200)
    }
  }
}

const place = async (dashboard: Dashboard, preset: string): Promise<string> =>
  (await dashboard.ask<{ orderId: string }>('POST', `/api/presets/${preset}`)).orderId

/** Orders of all kinds for a while, then the invariants; one order that is poisoned, and one that is undone. */
const setTheScene = async (dashboard: Dashboard): Promise<Scene> => {
  await dashboard.ask('POST', '/api/bursts', burst)
  await dashboard.until<{ burst?: { running: boolean } }>('/api/bursts', (a) => a.burst?.running === false)
  await dashboard.ask('POST', '/api/check', { waitSeconds: 30 })
  await dashboard.until<{ running: boolean; last?: unknown }>('/api/check', (a) => !a.running && a.last !== undefined)
  const fault = { point: 'before-commit', action: 'poison', type: 'PaymentCaptured', forMs: 3_600_000 }
  await dashboard.ask('POST', '/api/faults/inventory', fault)
  const poisoned = await place(dashboard, 'good')
  await dashboard.until<{ deadLetters: unknown[] }>('/api/dead-letters', (a) => a.deadLetters.length > 0)
  const compensated = await place(dashboard, 'address-not-served')
  const isCancelled = (a: { order: { state: string } }) => a.order.state === 'CANCELLED'
  await dashboard.until(`/api/orders/${compensated}`, isCancelled)
  return { compensated, poisoned }
}

interface Picture {
  readonly name: string
  readonly path: (scene: Scene) => string
  /** As much as tells the story. */
  readonly view: { readonly width: number; readonly height: number }
  /** Done before the picture is taken. */
  readonly prepare: (page: Page) => Promise<unknown>
}

const pictures: readonly Picture[] = [
  {
    name: 'shop',
    path: () => '/',
    view: wide(1_020),
    prepare: async (page) => {
      for (const title of ['A good order', 'Out of stock', 'An address that is not served']) {
        await page.getByRole('button', { name: `Place the order: ${title}` }).click()
        await pause(400)
      }
      await page.locator('.just-placed .state.cancelled').nth(1).waitFor({ timeout: 60_000 })
      await page.locator('.just-placed .state.confirmed').waitFor({ timeout: 60_000 })
      await page.mouse.move(0, 0)
    },
  },
  { name: 'orders', path: () => '/orders', view: wide(900), prepare: (page) => page.locator('table.orders a').nth(10).waitFor() },
  {
    name: 'order-compensated',
    path: ({ compensated }) => `/orders/${compensated}`,
    view: wide(872),
    prepare: (page) => page.locator('svg.saga .tie').nth(1).waitFor(),
  },
  {
    name: 'order-dead-letter',
    path: ({ poisoned }) => `/orders/${poisoned}`,
    view: wide(1_010),
    prepare: (page) => page.getByRole('button', { name: 'Replay' }).waitFor(),
  },
  {
    name: 'order-phone',
    path: ({ compensated }) => `/orders/${compensated}`,
    view: phone(1_240),
    prepare: (page) => page.locator('svg.saga .tie').nth(1).waitFor(),
  },
  {
    name: 'flow',
    path: () => '/flow?minutes=5',
    view: wide(1_440),
    prepare: (page) => page.locator('.uplot').nth(3).waitFor(),
  },
  {
    name: 'faults',
    path: () => '/faults',
    view: wide(1_560),
    prepare: (page) => page.locator('.invariant-list li').first().waitFor(),
  },
]

const take = async (browser: Browser, { url, token }: Dashboard, scene: Scene, colorScheme: 'light' | 'dark'): Promise<void> => {
  for (const { name, path, view, prepare } of pictures) {
    const context = await browser.newContext({ viewport: view, colorScheme, reducedMotion: 'reduce' })
    const page = await context.newPage()
    await page.goto(`${url}${path(scene)}#token=${token}`)
    await page.getByText('Live', { exact: true }).waitFor()
    await prepare(page)
    await page.evaluate('document.fonts.ready.then(() => undefined)')
    await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) })
    console.log(`docs/images/${name}-${colorScheme}.png`)
    await context.close()
  }
}

const main = async (): Promise<void> => {
  const chromium = findChromium()
  if (chromium === undefined) throw new Error('Chromium is needed: install it, or name one with CHROMIUM=/path/to/chromium')
  const log = (line: string) => console.log(line)
  const dataDir = mkdtempSync(join(tmpdir(), 'shop-pictures-'))
  chmodSync(dataDir, 0o711) // for root: PostgreSQL runs as another account then
  await buildPage(log)
  const shop = await startShop({ dataDir, ports: 'free', dashboard: true, log, env: { ...process.env, FAULTS_ENABLED: 'true' } })
  try {
    const dashboard = new Dashboard(shop)
    console.log(`placing ${burst.count} orders, about ${Math.ceil(burst.count / burst.perSecond)} s …`)
    const scene = await setTheScene(dashboard)
    mkdirSync(folder, { recursive: true })
    const browser = await launch(chromium)
    try {
      for (const colours of ['light', 'dark'] as const) await take(browser, dashboard, scene, colours)
    } finally {
      await browser.close()
    }
  } finally {
    await shop.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

await main().catch((error: Error) => {
  console.error(error.message)
  process.exitCode = 1
})

/** The shop on RabbitMQ: `npm start -- --broker rabbitmq`. Where there is none, that counts as skipped. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findRabbitmq } from '@shop/infra/embedded'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkShop } from '../chaos/check.ts'
import { awaitEnds, placeMany } from '../losses/orders.ts'
import { type OwnShop, startOwnShop } from '../odd-records/own-shop.ts'

const tools = join(import.meta.dirname, '../../tools')
const run = promisify(execFile)

const address = { name: 'Alice', street: 'Main St 1', city: 'Berlin', postalCode: '10115', country: 'DE' }
const order = (customerId: string, sku: string, country = 'DE') => ({
  customerId,
  lines: [{ sku, quantity: 1 }],
  shippingAddress: { ...address, country },
})

const isThere = Boolean(process.env.RABBITMQ_URL) || findRabbitmq(process.env) !== undefined
const where = isThere ? '' : ' (skipped: no rabbitmq-server is installed, and RABBITMQ_URL names none)'

describe.skipIf(!isThere)(`the shop on RabbitMQ${where}`, () => {
  let own: OwnShop
  beforeAll(async () => {
    own = await startOwnShop({ broker: 'rabbitmq', dashboard: true, say: (line) => console.log(`shop: ${line}`) })
  }, 240_000)
  afterAll(() => own?.stop())

  const tool = async (name: string, ...args: string[]) =>
    (await run(process.execPath, [join(tools, name, 'main.ts'), ...args, '--data-dir', own.shop.dataDir])).stdout

  const ask = async (path: string, body?: object) => {
    const headers = { 'content-type': 'application/json' }
    const post = body && { method: 'POST', headers, body: JSON.stringify(body) }
    const answer = await fetch(`${own.shop.urls.order}${path}`, { signal: AbortSignal.timeout(10_000), ...post })
    return (await answer.json()) as { orderId: string; status: string; reason?: string }
  }

  const holds = async () => {
    expect(own.target.access.brokers[0]).toMatch(/^amqp:/)
    const { notAtRest, invariants } = await checkShop(own.target.access, 60)
    expect(notAtRest).toEqual([])
    expect(invariants.filter(({ outcome }) => outcome === 'violated')).toEqual([])
    expect(invariants.filter(({ outcome }) => outcome === 'holds').length).toBeGreaterThan(10)
  }

  test('four orders end as their services decide', { timeout: 180_000 }, async () => {
    const baskets = [
      order('alice', 'keyboard'),
      order('bob', 'laptop'),
      order('alice', 'unicorn'),
      order('alice', 'keyboard', 'AQ'),
    ]
    const placed = await Promise.all(baskets.map((basket) => ask('/orders', basket)))
    expect(await awaitEnds(own, 30_000)).toBe(0)
    const ends = await Promise.all(placed.map(({ orderId }) => ask(`/orders/${orderId}`)))
    expect(ends.map(({ status, reason }) => reason ?? status)).toEqual([
      'CONFIRMED',
      'insufficient_funds',
      'out_of_stock',
      'address_not_served',
    ])
    await holds()
  })

  test('500 mixed orders with kills of two services and of the broker end, and break no invariant', {
    timeout: 500_000,
  }, async () => {
    const kills = [
      { at: 100, kill: () => own.shop.services.kill('payment', 'SIGKILL') },
      { at: 200, kill: () => own.target.act('kill', 'rabbitmq') },
      { at: 350, kill: () => own.shop.services.kill('delivery', 'SIGKILL') },
    ]
    const killing: Promise<void>[] = []
    // Some of those who place orders may see the same count.
    const onPlaced = (count: number) => {
      while (kills[0] !== undefined && count >= kills[0].at) killing.push(Promise.resolve(kills.shift()?.kill()))
    }
    const ids = await placeMany(own, 500, { onPlaced })
    await Promise.all(killing)
    expect([ids.length, killing.length]).toEqual([500, 3])
    expect(await awaitEnds(own, 120_000)).toBe(0)
    await holds()
  })

  test('what cannot be read is set aside and listed; the page has read the topics', {
    timeout: 120_000,
  }, async () => {
    await tool('faults', 'malformed', 'bad-json', 'shop.order')
    await expect.poll(() => tool('dead-letters', 'list'), { timeout: 20_000, interval: 500 }).toMatch(/the value is no JSON/)
    const page = async () => (await fetch(`${own.shop.urls.dashboard}/readyz`)).status
    await expect.poll(page, { timeout: 20_000 }).toBe(200)
  })
})

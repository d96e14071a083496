/** Change data capture as the relay: Kafka Connect takes what payment and inventory tell from PostgreSQL's log to the broker. */

import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { causedBy, type Message, startedBy } from '@shop/messaging'
import { LogOutbox, PostgresMessageStore } from '@shop/store-postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectRest } from '../../infra/connect/rest.ts'
import { checkShop } from '../chaos/check.ts'
import { placeOrders, readOrders } from '../chaos/load.ts'
import { awaitEnds } from '../losses/orders.ts'
import { type OwnShop, startOwnShop } from '../odd-records/own-shop.ts'
import { openTwoWays, type TwoWays, tell } from './two-ways.ts'

let own: OwnShop
const say = (line: string) => console.log(line)

beforeAll(async () => {
  own = await startOwnShop({ say, relay: 'cdc', env: { ...process.env, LOG_LEVEL: 'warn' } })
}, 300_000)
afterAll(() => own?.stop(), 60_000)

const orderUrl = () => own.shop.urls.order ?? ''
const worker = () => {
  const { capture } = own.shop
  if (capture === undefined) throw new Error('the shop has no Kafka Connect')
  return capture
}

/** Asks until it holds; bounded. */
const eventually = async <T>(ask: () => Promise<T>, holds: (answer: T) => boolean, msMax = 60_000): Promise<T> => {
  const until = performance.now() + msMax
  for (;;) {
    const answer = await ask()
    if (holds(answer)) return answer
    if (performance.now() > until) throw new Error(`not within ${msMax / 1_000} s; at last: ${JSON.stringify(answer)}`)
    await pause(200)
  }
}

const place = async (customerId: string, sku: string, country: string): Promise<string> => {
  const shippingAddress = { name: 'A', street: 'B 1', city: 'C', postalCode: '1', country }
  const answer = await fetch(`${orderUrl()}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ customerId, lines: [{ sku, quantity: 1 }], shippingAddress }),
  })
  return ((await answer.json()) as { orderId: string }).orderId
}

const expectAllToHold = async () => {
  const { invariants, notAtRest } = await checkShop(own.target.access, 60)
  const violated = invariants.filter((i) => i.outcome === 'violated')
  expect({ notAtRest, violated: violated.map(({ id, violations }) => `${id}: ${violations[0]?.text}`) }).toEqual({
    notAtRest: [],
    violated: [],
  })
}

/** Of payment's `/metrics`. */
const metric = async (name: string): Promise<number | undefined> => {
  const text = await (await fetch(`${own.shop.urls.payment}/metrics`)).text()
  const found = new RegExp(`^${name}(?:{[^}]*})? (.*)$`, 'm').exec(text)
  return found ? Number(found[1]) : undefined
}

test('the four orders of the README end as they do with the relay', { timeout: 150_000 }, async () => {
  const wanted = [
    [await place('alice', 'keyboard', 'DE'), 'CONFIRMED'],
    [await place('bob', 'laptop', 'DE'), 'CANCELLED'],
    [await place('alice', 'unicorn', 'DE'), 'CANCELLED'],
    [await place('alice', 'mouse', 'AQ'), 'CANCELLED'],
  ] as const
  const stateOf = async (orderId: string) =>
    ((await (await fetch(`${orderUrl()}/orders/${orderId}`)).json()) as { status: string }).status
  for (const [orderId, status] of wanted)
    await eventually(
      () => stateOf(orderId),
      (now) => now === status,
    )
  await expectAllToHold()
  expect(await metric('shop_outbox_depth')).toBeUndefined()
  expect(await metric('shop_capture_active')).toBe(1)
})

test('500 orders, while Kafka Connect, payment and PostgreSQL are killed', { timeout: 400_000 }, async () => {
  const { backends, services } = own.shop
  const lastsMs = 40_000
  const loading = placeOrders({ orderUrl: orderUrl(), seed: 14, orders: 500, lastsMs, say })
  const kills = [
    () => process.kill(worker().worker.pid(), 'SIGKILL'),
    () => services.kill('payment', 'SIGKILL'),
    () => process.kill(backends.postgres.pid(), 'SIGKILL'),
  ]
  for (const kill of kills) {
    await pause(lastsMs / 4)
    kill()
  }
  const { accepted, gaveUp } = await loading
  expect({ accepted: accepted.length, gaveUp }).toEqual({ accepted: 500, gaveUp: 0 })
  expect(await awaitEnds(own, 180_000)).toBe(0)
  await expectAllToHold()
})

test('while nobody reads the log, it grows, payment is not ready and says why; afterwards it is', {
  timeout: 240_000,
}, async () => {
  const readyz = async () => {
    const answer = await fetch(`${own.shop.urls.payment}/readyz`)
    return { status: answer.status, text: await answer.text() }
  }
  const before = (await metric('shop_capture_retained_bytes')) ?? 0
  await worker().worker.stop()
  const ids = await Promise.all(Array.from({ length: 20 }, () => place('load-001', 'sticker', 'DE')))
  expect(ids.length).toBe(20)
  const { text } = await eventually(readyz, ({ status }) => status === 503, 90_000)
  expect(text).toMatch(/relay-progress.*replication slot shop_payment is read by nobody, \d+\.\d MB of the log are kept for it/)
  expect(await metric('shop_capture_active')).toBe(0)
  expect(await metric('shop_capture_retained_bytes')).toBeGreaterThan(before)
  expect(await metric('shop_capture_left_bytes')).toBeGreaterThan(0)
  await worker().worker.start()
  await eventually(readyz, ({ status }) => status === 200, 90_000)
  expect(await awaitEnds(own, 60_000)).toBe(0)
})

/** Texts of every kind, with and without what is optional. */
const messagesOfEveryKind = (): readonly Message[] => {
  const texts = [
    '',
    'Grüße, 你好 😀',
    'a "quote", a \\ and a / \n',
    'NUL \0 in it',
    '\ud800 alone',
    '$1 and %s',
    'x'.repeat(100_000),
  ]
  return Array.from({ length: 200 }, (_, n) => {
    const data = { n, text: texts[n % texts.length], nested: { list: [1.5, -0, 1e21, null, true], '': {} }, ['__proto__']: 'own' }
    const traceparent = n % 3 === 0 ? `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` : undefined
    const first = startedBy({ key: randomUUID(), traceparent }, { type: 'Told', data })
    return n % 2 === 0 ? first : causedBy(first, { type: 'Followed', data })
  })
}

describe('the two ways of what is told', () => {
  const everyKind = messagesOfEveryKind()
  let ways: TwoWays
  beforeAll(async () => {
    ways = await openTwoWays(own.shop)
  }, 60_000)
  afterAll(() => ways?.close(), 60_000)

  test('the records are the same to the byte, in key, value, headers, partition and order', { timeout: 150_000 }, async () => {
    const messages = everyKind
    await tell(ways.relayed, messages)
    await ways.relay()
    for (let i = 0; i < messages.length; i += 20) await tell(ways.captured, messages.slice(i, i + 20))
    const [relayed, captured] = await Promise.all([ways.read('relay', messages.length), ways.read('capture', messages.length)])
    expect(relayed.length).toBe(messages.length)
    expect(captured).toEqual(relayed)
    expect(new Set(relayed.flatMap((r) => r.headers.map(([name]) => name))).size).toBe(10)
  })

  test('what a relay has left in the outbox is taken over, before what is told later', { timeout: 150_000 }, async () => {
    const key = randomUUID()
    const told = (n: number) => startedBy({ key }, { type: 'Told', data: { n } })
    await tell(ways.relayed, [told(1), told(2)])
    await ways.outbox.begin()
    await tell(ways.captured, [told(3)])
    const records = (await ways.read('capture', everyKind.length + 3)).filter((r) => r.key === Buffer.from(key).toString('hex'))
    expect(records.map((r) => JSON.parse(Buffer.from(r.value, 'hex').toString()).n)).toEqual([1, 2, 3])
    expect(await ways.captured.backlog()).toEqual({ count: 0, oldestMs: 0 })
  })

  test('a record that a topic would refuse fails its transaction, not the connector', async () => {
    const data = { text: 'x'.repeat(1_000_001) }
    await expect(tell(ways.captured, [startedBy({ key: randomUUID() }, { type: 'Told', data })])).rejects.toThrow(
      'more than 1000000',
    )
  })

  test('without a slot nothing is told past it, and it counts as passing', async () => {
    const { address } = { address: () => ({ ceType: 'x.y.v1', source: '/x', topic: 'x' }) }
    const outbox = new LogOutbox(ways.pool, 'nobody', { address } as never)
    const store = new PostgresMessageStore(ways.pool, 'nobody', outbox)
    await expect(outbox.begin()).rejects.toThrow('there is no replication slot shop_nobody')
    const telling = tell(store, [startedBy({ key: randomUUID() }, { type: 'Told', data: {} })])
    const error = await telling.catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ message: expect.stringContaining('there is no replication slot shop_nobody') })
    expect(store.isTransient(error)).toBe(true)
  })
})

describe('Kafka Connect for more than that', () => {
  test('a file gets the events of confirmed orders, by configuration alone', { timeout: 120_000 }, async () => {
    const rest = connectRest(worker().restUrl)
    const file = join(own.shop.dataDir, 'confirmed-orders.txt')
    const config = JSON.parse(readFileSync(join(import.meta.dirname, '../../infra/connect/confirmed-orders.json'), 'utf8'))
    await rest.put('confirmed-orders', { ...config, file })
    try {
      const confirmed = (await readOrders(orderUrl(), 'CONFIRMED')).map(({ orderId }) => orderId).sort()
      expect(confirmed.length).toBeGreaterThan(0)
      const lines = () => {
        try {
          return readFileSync(file, 'utf8')
            .split('\n')
            .filter((line) => line !== '')
        } catch {
          return []
        }
      }
      const orderIdsIn = () => [...new Set(lines().map((line) => /orderId=([0-9a-f-]{36})/.exec(line)?.[1] ?? ''))].sort()
      await eventually(
        async () => orderIdsIn(),
        (ids) => ids.length >= confirmed.length,
      )
      expect(orderIdsIn()).toEqual(confirmed)
      for (const line of lines()) expect(line).toMatch(/"customerId":.*shop\.order\.OrderConfirmed\.v1/)
    } finally {
      await rest.remove('confirmed-orders')
    }
  })
})

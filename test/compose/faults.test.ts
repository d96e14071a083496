/** Containers killed, paused, restarted and multiplied while orders are in flight; every invariant is checked after each. */
import { execFileSync } from 'node:child_process'
import { serviceNames } from '@shop/choreography'
import { describe, expect, test } from 'vitest'
import {
  balance,
  check,
  ended,
  eventually,
  isReady,
  orderBody,
  place,
  request,
  type ServiceName,
  uniqueKey,
} from '../scenarios/shop.ts'
import { compose, down, start, up } from './project.ts'

const ordersInFlight = 200
const customer = (i: number): string => `load-${String((i % 100) + 1).padStart(3, '0')}`

/** Places orders as a client that asks again, with the same key, as long as it gets no answer. */
const placeThrough = (count: number) => {
  const run = uniqueKey()
  return Promise.all(
    Array.from({ length: count }, (_, i) =>
      eventually(
        () =>
          request('order', '/orders', {
            json: orderBody({ customerId: customer(i), sku: i % 10 === 3 ? 'unicorn' : 'sticker' }),
            headers: { 'Idempotency-Key': `${run}-${i}` },
          }),
        (a) => a.status === 201,
        120_000,
      ),
    ),
  )
}

const open = async (): Promise<number> => {
  const pages = ['PENDING', 'CANCELLING'].map((status) =>
    request<{ orders: unknown[] }>('order', `/orders?status=${status}&limit=200`),
  )
  return (await Promise.all(pages)).reduce((sum, { body }) => sum + body.orders.length, 0)
}

const allEndAndHold = async () => {
  await eventually(open, (n) => n === 0, 120_000)
  const { code, output } = await check('--wait', '60')
  expect(output).toMatch(/0 violated/)
  expect(code, output).toBe(0)
}

describe('with 200 orders in flight', () => {
  const faults: [string, () => Promise<unknown>][] = [
    ['payment is killed and started', () => compose(['kill', 'payment']).then(() => start('payment'))],
    ['delivery is paused for longer than its session', async () => pauseFor('delivery', 8_000)],
    ['kafka is restarted', () => compose(['restart', '--timeout', '20', 'kafka'])],
    ['postgres is restarted', () => compose(['restart', '--timeout', '20', 'postgres'])],
    ['mongo is restarted', () => compose(['restart', '--timeout', '20', 'mongo'])],
  ]
  test.each(faults)(
    '%s: all orders end, every invariant holds',
    async (_what, fault) => {
      const placing = placeThrough(ordersInFlight)
      await fault()
      await placing
      await allEndAndHold()
    },
    400_000,
  )

  test('payment runs three times over: partitions are spread, nothing is doubled', async () => {
    await up('--scale', 'payment=3', '--no-recreate')
    await placeThrough(ordersInFlight)
    await allEndAndHold()
    await up('--scale', 'payment=1', '--no-recreate')
    await isReady('payment')
  }, 400_000)
})

test('down and up keep the data', async () => {
  const order = await ended((await place({ customerId: 'load-001' })).orderId)
  const money = await balance('load-001')
  await down()
  await up()
  for (const service of serviceNames) await isReady(service)
  expect((await request('order', `/orders/${order.orderId}`)).body).toMatchObject({ status: 'CONFIRMED' })
  expect(await balance('load-001')).toBe(money)
}, 400_000)

describe('what is wrong is said', () => {
  const docker = (...args: string[]): string =>
    execFileSync('docker', args, { encoding: 'utf8', timeout: 60_000, stdio: ['ignore', 'pipe', 'pipe'] })
  const wrong: [string, string, RegExp][] = [
    [
      'a wrong password',
      'DATABASE_URL=postgres://shop_payment:wrong@postgres:5432/shop_payment',
      /password authentication failed/,
    ],
    [
      'a database that cannot be reached',
      'DATABASE_URL=postgres://shop_payment:x@nowhere:5432/shop_payment',
      /cannot open its database at nowhere:5432/,
    ],
    ['a broker that cannot be reached', 'KAFKA_BROKERS=nowhere:9092', /nowhere/],
  ]
  test.concurrent.each(wrong)(
    '%s: a line says so, and the container is unhealthy',
    async (_what, setting, line) => {
      const id = (await compose(['run', '-d', '-T', '--no-deps', '-e', setting, 'payment'])).trim().split('\n').at(-1) ?? ''
      try {
        await eventually(
          async () => docker('inspect', '-f', '{{.State.Health.Status}}', id).trim(),
          (status) => status === 'unhealthy',
          120_000,
        )
        expect(docker('inspect', '-f', '{{.State.Status}} {{.RestartCount}}', id).trim()).toBe('running 0')
        expect(docker('logs', id)).toMatch(line)
      } finally {
        docker('rm', '-f', id)
      }
    },
    200_000,
  )

  test('a missing variable: one fatal line names it, and the process ends', async () => {
    const { message } = await compose(['run', '--rm', '-T', '--no-deps', '-e', 'DATABASE_URL=', 'payment']).then(
      () => ({ message: '' }),
      (error: Error) => error,
    )
    const fatal = message.split('\n').filter((l) => l.includes('"level":"fatal"'))
    expect(fatal).toHaveLength(1)
    expect(fatal[0]).toContain('DATABASE_URL is missing')
  })

  test('one service cannot read the tables of another', async () => {
    const sql = ['exec', '-T', '-e', 'PGPASSWORD=shop-payment', 'postgres', 'psql', '-h', '127.0.0.1', '-U', 'shop_payment']
    await expect(compose([...sql, '-d', 'shop_payment', '-c', 'SELECT count(*) FROM payments'])).resolves.toContain('1 row')
    await expect(compose([...sql, '-d', 'shop_inventory', '-c', 'SELECT 1'])).rejects.toThrow(/permission denied for database/)
  })
})

/** Pauses a service. A fault that lasts is a time, not a wait for a condition. */
const pauseFor = async (service: ServiceName, pauseMs: number) => {
  await compose(['pause', service])
  await new Promise((resolve) => setTimeout(resolve, pauseMs))
  await compose(['unpause', service])
}

/** `npm run fault` on a running shop: what each does, that it ends by itself and when interrupted, and that all orders end. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import {
  balance,
  check,
  ended,
  eventually,
  isReady,
  metric,
  place,
  readOrder,
  request,
  type ServiceName,
  steps,
} from '../scenarios/shop.ts'

const { token, dataDir } = inject('admin')
const main = join(import.meta.dirname, '../../tools/faults/main.ts')
const ownMsMax = 60_000

interface Running {
  readonly process: ChildProcess
  /** the line with which it began */
  readonly begun: { readonly did: string; readonly endsAt?: string }
  /** what it says in the end; its exit code */
  readonly end: Promise<{ readonly why: string | undefined; readonly code: number | null }>
}

/** Begins a fault, and resolves when it is on. */
const begin = async (...args: string[]): Promise<Running> => {
  const child = spawn(process.execPath, [main, ...args, '--json', '--data-dir', dataDir], { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: string[] = []
  const first = Promise.withResolvers<string>()
  let errors = ''
  child.stderr.on('data', (chunk) => (errors += chunk))
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line)
    first.resolve(line)
  })
  const end = once(child, 'close').then(([code]) => {
    first.reject(new Error(`ended before it began: ${errors}`))
    return { why: lines[1] && (JSON.parse(lines[1]) as { why: string }).why, code: code as number | null }
  })
  return { process: child, begun: JSON.parse(await first.promise), end }
}

/** Runs a fault to its end. */
const run = async (...args: string[]) => {
  const { begun, end } = await begin(...args)
  expect((await end).code).toBe(0)
  return begun
}

const pidOf = async (service: ServiceName) => metric(service, 'process_start_time_seconds')

const holds = async () => {
  const { code, output } = await check('--wait', '60')
  expect(code, output).toBe(0)
}

describe('processes', () => {
  test('kill: the service is another process soon, and the orders of the time end', async () => {
    const before = await pidOf('payment')
    await run('kill', 'payment')
    const orders = await Promise.all(Array.from({ length: 20 }, () => place({ sku: 'sticker' })))
    await eventually(
      () => pidOf('payment'),
      (now) => now > before,
      ownMsMax,
    )
    for (const { orderId } of orders) expect((await ended(orderId, ownMsMax)).status).toBe('CONFIRMED')
  })

  test('pause: nothing answers until it ends by itself', async () => {
    const { begun, end } = await begin('pause', 'delivery', '--for', '3s')
    expect(Date.parse(begun.endsAt ?? '')).toBeGreaterThan(Date.now())
    await expect(
      fetch(`${inject('shop').urls.delivery}/livez`, { signal: AbortSignal.timeout(500) }),
      'a paused process answers nobody',
    ).rejects.toThrow()
    const { orderId } = await place({ sku: 'sticker' })
    expect(await end).toEqual({ why: 'ended after 3 s', code: 0 })
    await isReady('delivery')
    expect((await ended(orderId, ownMsMax)).status).toBe('CONFIRMED')
  })

  test('stop: Ctrl-C ends it before its time', async () => {
    const { process: command, end } = await begin('stop', 'inventory', '--for', '10m')
    const { orderId } = await place({ sku: 'sticker' })
    await eventually(
      () => readOrder(orderId),
      (o) => steps(o).includes('PaymentCaptured'),
    )
    command.kill('SIGINT')
    expect(await end).toEqual({ why: 'ended early', code: 0 })
    expect((await ended(orderId, ownMsMax)).status).toBe('CONFIRMED')
  })

  test('scale: two processes of payment share its partitions', async () => {
    const { process: command, end } = await begin('scale', 'payment', '--for', '10m')
    const orders = await Promise.all(Array.from({ length: 40 }, () => place({ sku: 'sticker' })))
    for (const { orderId } of orders) expect((await ended(orderId, ownMsMax)).status).toBe('CONFIRMED')
    command.kill('SIGTERM')
    expect((await end).code).toBe(0)
  })
})

describe('links', () => {
  test('down, reset-peer, timeout and half-close, each between another service and Kafka: orders wait, then end', async () => {
    const begun = await Promise.all([
      begin('down', 'payment', 'kafka', '--for', '4s'),
      begin('reset-peer', 'inventory', 'kafka', '--for', '4s'),
      begin('timeout', 'delivery', 'kafka', '--for', '4s'),
      begin('half-close', 'order', 'kafka', '--for', '4s'),
    ])
    const orders = await Promise.all(Array.from({ length: 40 }, () => place({ sku: 'sticker' })))
    for (const { end } of begun) expect((await end).code).toBe(0)
    for (const { orderId } of orders) expect((await ended(orderId, ownMsMax)).status).toBe('CONFIRMED')
  })

  test('down between inventory and its database: it is not ready, says why, and goes on afterwards', async () => {
    const { end } = await begin('down', 'inventory', 'database', '--for', '5s')
    await eventually(
      () => request<{ detail: string }>('inventory', '/readyz'),
      ({ status, body }) => status === 503 && body.detail.includes('database'),
    )
    const { orderId } = await place({ sku: 'sticker' })
    expect((await end).code).toBe(0)
    expect((await ended(orderId, ownMsMax)).status).toBe('CONFIRMED')
  })
})

describe('messages', () => {
  test('duplicates have no effect', async () => {
    const { orderId } = await place()
    await ended(orderId)
    const [money, seen] = [await balance('alice'), await metric('payment', 'shop_messages_duplicate_total')]
    await run('duplicate', 'shop.order', '--count', '50')
    await eventually(
      () => metric('payment', 'shop_messages_duplicate_total'),
      (n) => n > seen,
    )
    expect(await balance('alice')).toBe(money)
  })

  test.each([['bad-json'], ['wrong-schema'], ['unknown-type'], ['large'], ['missing-headers']])(
    'malformed %s: it becomes a dead letter, and the shop goes on',
    async (kind) => {
      const letters = () => metric('payment', 'shop_messages_dead_lettered_total', 'undecodable')
      const before = await letters()
      await run('malformed', kind, 'shop.order')
      await eventually(letters, (n) => n === before + 1)
      expect((await ended((await place({ sku: 'sticker' })).orderId)).status).toBe('CONFIRMED')
    },
  )

  // A second relay of each kind of store, and strangers where there is none.
  test('second-relay inventory, second-relay delivery and rebalance payment: nothing is lost or doubled', async () => {
    const begun = await Promise.all([
      begin('second-relay', 'inventory', '--for', '5s'),
      begin('second-relay', 'delivery', '--for', '5s'),
      begin('rebalance', 'payment', '--for', '5s'),
    ])
    const orders = await Promise.all(Array.from({ length: 100 }, () => place({ sku: 'sticker' })))
    for (const { end } of begun) expect((await end).code).toBe(0)
    for (const { orderId } of orders) expect((await ended(orderId, ownMsMax)).status).toBe('CONFIRMED')
  })
})

describe('business', () => {
  test('refuse-payments: every order is cancelled, nothing is captured; afterwards they are confirmed again', async () => {
    const money = await balance('alice')
    const { process: command, end } = await begin('refuse-payments', '100%', '--for', '10m')
    for (const { orderId } of await Promise.all([place(), place(), place()])) {
      const order = await ended(orderId)
      expect(order).toMatchObject({ status: 'CANCELLED', reason: 'payment_refused' })
      expect(steps(order)).not.toContain('PaymentCaptured')
    }
    expect(await balance('alice')).toBe(money)
    command.kill('SIGINT')
    expect((await end).code).toBe(0)
    expect((await ended((await place({ sku: 'sticker' })).orderId)).status).toBe('CONFIRMED')
  })

  test('no-stock and reject-deliveries: what was captured is refunded', async () => {
    const money = await balance('alice')
    const stock = await begin('no-stock', 'keyboard', '--for', '10m')
    expect(await ended((await place({ sku: 'keyboard' })).orderId)).toMatchObject({ status: 'CANCELLED', reason: 'out_of_stock' })
    stock.process.kill('SIGINT')
    await stock.end
    const deliveries = await begin('reject-deliveries', '--for', '10m')
    expect(await ended((await place()).orderId)).toMatchObject({ status: 'CANCELLED', reason: 'no_carrier' })
    deliveries.process.kill('SIGINT')
    await deliveries.end
    expect(await balance('alice')).toBe(money)
  })
})

test('heal ends what others began', async () => {
  const refusing = await begin('refuse-payments', '--for', '10m')
  const paused = await begin('pause', 'notification', '--for', '10m')
  const healing = spawn(process.execPath, [main, 'heal', '--json', '--data-dir', dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  healing.stdout.on('data', (chunk) => (output += chunk))
  await once(healing, 'close')
  expect(JSON.parse(output).ended).toEqual(['resume notification', 'no more refusals in payment (1)'])
  await isReady('notification')
  const headers = { authorization: `Bearer ${token}` }
  expect((await request('payment', '/admin/refusals', { headers })).body).toEqual({ refusals: [] })
  for (const each of [refusing, paused]) each.process.kill('SIGINT')
  expect((await ended((await place({ sku: 'sticker' })).orderId)).status).toBe('CONFIRMED')
})

test('after all of that every invariant holds', holds)

/** A second process of the order service, with a deadline that a test can wait for, beside the one that the shop runs. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { balance, ended, eventually, halt, type OrderView, orderBody, readOrder, start, steps, stock } from './shop.ts'

const { databaseUrls, kafkaBrokers } = inject('backends')
let second: ChildProcess
let url = ''

beforeAll(async () => {
  const main = join(import.meta.dirname, '../../services/order/src/main.ts')
  const settings = { PORT: '0', KAFKA_BROKERS: kafkaBrokers, DATABASE_URL: databaseUrls.order, ORDER_DEADLINE: '2s' }
  second = spawn(process.execPath, [main], { env: { ...process.env, ...settings }, stdio: ['ignore', 'pipe', 'inherit'] })
  second.stdout?.on('data', (chunk: Buffer) => {
    url ||= /"url":"([^"]+)"/.exec(chunk.toString())?.[1] ?? ''
  })
  await eventually(
    async () => (url === '' ? 0 : (await fetch(`${url}/readyz`)).status),
    (status) => status === 200,
    60_000,
  )
})

afterAll(async () => {
  second.kill('SIGTERM')
  const [code] = await once(second, 'exit')
  expect(code).toBe(0)
})

test('an order that is still pending at its deadline cancels itself, and everything is undone', async () => {
  const [money, goods] = [await balance('alice'), await stock('keyboard')]
  await halt('inventory')
  const body = JSON.stringify(orderBody())
  const posted = await fetch(`${url}/orders`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  const { orderId, placedAt, deadlineAt } = (await posted.json()) as OrderView
  expect(Date.parse(deadlineAt) - Date.parse(placedAt)).toBe(2_000)
  const cancelling = await eventually(
    () => readOrder(orderId),
    (o) => o.status === 'CANCELLING',
  )
  expect(cancelling.cancellationRequestedBy).toBe('deadline')
  // Delivery hears of it before the reservation that it is to refuse.
  await start('inventory')
  const cancelled = await ended(orderId)
  expect(cancelled).toMatchObject({ status: 'CANCELLED', reason: 'order_cancelled' })
  expect(steps(cancelled)).toContain('OrderCancellationRequested')
  expect(await balance('alice')).toBe(money)
  expect(await stock('keyboard')).toEqual(goods)
})

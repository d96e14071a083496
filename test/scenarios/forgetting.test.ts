/** The broker forgets: records are deleted, topics begin anew, while services run or are down. What is told again heals it. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { allTopics } from '@shop/choreography'
import { kafkaTransport } from '@shop/transport-kafka'
import { afterAll, expect, inject, test } from 'vitest'
import { cancel, check, ended, eventually, halt, metric, place, readOrder, start } from './shop.ts'

const { kafkaBrokers } = inject('backends')
const { dataDir } = inject('admin')
const transport = kafkaTransport({ brokers: kafkaBrokers.split(','), clientId: 'forgetting' })
const admin = transport.admin()
afterAll(() => admin.close())

const main = join(import.meta.dirname, '../../tools/tell-again/main.ts')
const tellAgain = (...args: string[]) =>
  new Promise<{ code: number; output: string }>((resolve) =>
    execFile(process.execPath, [main, ...args, '--data-dir', dataDir], { timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, output: stdout + stderr }),
    ),
  )

const eventTopics = allTopics().events
const everything = '2000-01-01T00:00:00Z'

test('orders whose first event was lost hang, also when they are cancelled, until it is told again', async () => {
  // So that payment has a place in each partition from which it can miss something.
  for (const orderId of await placeMany(40)) await ended(orderId)
  await halt('payment')
  const [left, cancelled] = [await place({ customerId: 'load-006' }), await place({ customerId: 'load-006' })]
  await eventually(
    async () => await metric('order', 'shop_outbox_depth'),
    (depth) => depth === 0,
  )
  await admin.deleteRecords(['shop.order'])
  await start('payment')
  expect(await metric('payment', 'shop_records_lost_total', 'shop.order')).toBeGreaterThan(0)
  await cancel(cancelled.orderId)
  await pause(1_500) // there is nothing to wait for: they hang
  expect((await readOrder(left.orderId)).status).toBe('PENDING')
  expect((await readOrder(cancelled.orderId)).status).toBe('CANCELLING')

  const dry = await tellAgain('--stuck', '1s')
  expect(dry).toMatchObject({ code: 0, output: expect.stringContaining('2 OrderPlaced, 1 OrderCancellationRequested') })
  expect((await readOrder(left.orderId)).status).toBe('PENDING')
  expect(await tellAgain('--stuck', '1s', '--yes')).toMatchObject({ code: 0 })
  expect((await ended(left.orderId)).status).toBe('CONFIRMED')
  expect((await ended(cancelled.orderId)).status).toBe('CANCELLED')
})

/** All topics of events, without what was on them. */
const beginAnew = async (): Promise<void> => {
  const stretches = await admin.stretches(eventTopics)
  const specs = eventTopics.map((topic) => ({ topic, partitions: stretches.filter((s) => s.topic === topic).length }))
  await admin.deleteTopics(eventTopics)
  await eventually(
    () => admin.topics(),
    (topics) => !eventTopics.some((t) => topics.includes(t)),
  )
  await admin.createTopics(specs)
}

const placeMany = async (count: number): Promise<string[]> => {
  const orders = await Promise.all(
    Array.from({ length: count }, (_, i) =>
      place({ customerId: `load-0${10 + (i % 20)}`, ...(i % 5 === 0 ? { country: 'AQ' } : {}) }),
    ),
  )
  return orders.map((o) => o.orderId)
}

test.each([
  ['while the services run', [] as const],
  ['while payment, inventory and delivery are down', ['payment', 'inventory', 'delivery'] as const],
])('all topics begin anew under 50 orders in flight, %s', { timeout: 180_000 }, async (_when, down) => {
  for (const service of down) await halt(service)
  const orders = await placeMany(50)
  await beginAnew()
  for (const service of down) await start(service)
  // What reads on at an old position in a new log passes over what comes first: so it is told until all have ended, at most a few times.
  await eventually(
    async () => {
      const told = await tellAgain('--since', everything, '--yes')
      if (told.code !== 0) throw new Error(told.output)
      await pause(2_000)
      return (await Promise.all(orders.map(readOrder))).filter((o) => o.status === 'PENDING' || o.status === 'CANCELLING')
    },
    (open) => open.length === 0,
    120_000,
  )
  const checked = await check('--wait', '30')
  expect(checked.output).not.toContain('✗')
  expect(checked.code).toBe(0)
})

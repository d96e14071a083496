import { watchProgress } from '@shop/messaging'
import { createMetrics } from '@shop/service-host'
import { expect, test } from 'vitest'
import { addStandstillGauge, progressChecks } from './standing.ts'

const describe = (position: string) => {
  const [partition = '', offset = ''] = position.split('/')
  return { partition, offset }
}

test('a part that stands still for 30 s fails its check with where and why, and the metric tells since when', async () => {
  let clock = 0
  const parts = { consumer: watchProgress(() => clock), relay: watchProgress(() => clock) }
  const checks = progressChecks(parts, describe)
  const metrics = createMetrics({ service: 'test' })
  addStandstillGauge(metrics, parts)
  const stuck = async () => (await metrics.scrape()).match(/shop_stuck_seconds\{part="consumer",service="test"\} (\d+)/)?.[1]

  parts.consumer.began({ topic: 'shop.order', position: '3/17' })
  clock = 29_999
  parts.consumer.failed(new TypeError('no\nsuch column'))
  await expect(checks['consumer-progress']?.()).resolves.toBeUndefined()
  clock = 42_000
  await expect(checks['consumer-progress']?.()).rejects.toThrow(
    'stands still at shop.order/3@17 for 42 s: TypeError: no such column',
  )
  expect(await stuck()).toBe('42')
  parts.consumer.ended()
  await expect(checks['consumer-progress']?.()).resolves.toBeUndefined()
  expect(await stuck()).toBe('0')

  parts.relay.began()
  parts.relay.failed(new Error('no broker'))
  clock += 5_000
  parts.relay.failed(new Error('no broker'))
  await expect(checks['relay-progress']?.()).resolves.toBeUndefined()
  for (let round = 0; round < 6; round++) {
    parts.relay.began()
    clock += 5_000
    parts.relay.failed(new Error('no broker'))
  }
  await expect(checks['relay-progress']?.()).rejects.toThrow('stands still for 35 s: Error: no broker')
})

import { createMetrics, sampledGauge } from '@shop/service-host'
import { Counter, Gauge } from 'prom-client'
import { expect, test } from 'vitest'
import { byLabel, readMetrics, sumOf } from './metrics-text.ts'

test('reads what a service of the shop writes', async () => {
  const metrics = createMetrics({ service: 'payment' })
  const registers = [metrics.registry]
  const handled = new Counter({ name: 'shop_messages_handled_total', help: 'Messages.', labelNames: ['type'], registers })
  handled.inc({ type: 'OrderPlaced' }, 3)
  handled.inc({ type: 'Odd "quoted" \\ type' }, 2)
  new Gauge({ name: 'shop_outbox_oldest_seconds', help: 'Age.', registers }).set(1.5)
  const letters = { name: 'shop_dead_letters', help: 'Letters.', label: 'kind', source: 'dead_letters' } as const
  sampledGauge(metrics, letters, async () => ({ failed: 1, held: 4 }))
  const samples = readMetrics(await metrics.scrape())
  expect(sumOf(samples, 'shop_messages_handled_total')).toBe(5)
  expect(samples.find((s) => s.value === 2 && s.name === 'shop_messages_handled_total')?.labels.type).toBe('Odd "quoted" \\ type')
  expect(sumOf(samples, 'shop_outbox_oldest_seconds')).toBe(1.5)
  expect(byLabel(samples, 'shop_dead_letters', 'kind')).toEqual({ failed: 1, held: 4 })
  expect(sumOf(samples, 'no_such_metric')).toBeUndefined()
})

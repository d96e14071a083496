import { createMetrics } from '@shop/service-host'
import { expect, test } from 'vitest'
import { byLabel, readMetrics, sumOf } from './metrics-text.ts'

test('reads what a service of the shop writes', async () => {
  const metrics = createMetrics({ service: 'payment' })
  metrics.messagesHandled.inc({ type: 'OrderPlaced' }, 3)
  metrics.messagesHandled.inc({ type: 'Odd "quoted" \\ type' }, 2)
  metrics.observeOutbox(async () => ({ depth: 7, oldestSeconds: 1.5 }))
  metrics.observeDeadLetters(async () => ({ failed: 1, held: 4 }))
  const samples = readMetrics(await metrics.scrape())
  expect(sumOf(samples, 'shop_messages_handled_total')).toBe(5)
  expect(samples.find((s) => s.value === 2 && s.name === 'shop_messages_handled_total')?.labels.type).toBe('Odd "quoted" \\ type')
  expect(sumOf(samples, 'shop_outbox_oldest_seconds')).toBe(1.5)
  expect(byLabel(samples, 'shop_dead_letters', 'kind')).toEqual({ failed: 1, held: 4 })
  expect(sumOf(samples, 'no_such_metric')).toBeUndefined()
})

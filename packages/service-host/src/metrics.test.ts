import { expect, test } from 'vitest'
import { createMetrics } from './metrics.ts'

test('counters and histograms carry the service and their labels', async () => {
  const metrics = createMetrics({ service: 'payment' })
  metrics.messagesHandled.inc({ type: 'shop.order.OrderPlaced.v1' }, 120)
  metrics.messagesDuplicate.inc(2)
  metrics.messagesDeadLettered.inc({ reason: 'undecodable' })
  metrics.transactions.inc()
  metrics.batchSize.observe(120)
  metrics.sagaDuration.observe({ outcome: 'confirmed' }, 0.04)
  const text = await metrics.scrape()
  expect(text).toContain('shop_messages_handled_total{type="shop.order.OrderPlaced.v1",service="payment"} 120')
  expect(text).toContain('shop_messages_duplicate_total{service="payment"} 2')
  expect(text).toContain('shop_messages_dead_lettered_total{reason="undecodable",service="payment"} 1')
  expect(text).toContain('shop_transactions_total{service="payment"} 1')
  expect(text).toContain('shop_batch_size_bucket{le="100",service="payment"} 0')
  expect(text).toContain('shop_batch_size_bucket{le="200",service="payment"} 1')
  expect(text).toContain('shop_saga_duration_seconds_bucket{le="0.05",service="payment",outcome="confirmed"} 1')
  expect(text).toContain('process_cpu_user_seconds_total{service="payment"}')
})

test('gauges are asked for at each scrape, once for all who scrape at once', async () => {
  const metrics = createMetrics({ service: 'payment' })
  let asked = 0
  metrics.observeOutbox(async () => ({ depth: ++asked, oldestSeconds: 1.5 }))
  metrics.observeConsumerLag(async () => (asked < 2 ? { 'shop.order': 7, 'shop.delivery': 0 } : { 'shop.order': 3 }))
  const [text, same] = await Promise.all([metrics.scrape(), metrics.scrape()])
  expect(same).toContain('shop_outbox_depth{service="payment"} 1')
  expect(text).toContain('shop_outbox_depth{service="payment"} 1')
  expect(text).toContain('shop_outbox_oldest_seconds{service="payment"} 1.5')
  expect(text).toContain('shop_consumer_lag{topic="shop.order",service="payment"} 7')
  const later = await metrics.scrape()
  expect(later).toContain('shop_outbox_depth{service="payment"} 2')
  expect(later).toContain('shop_consumer_lag{topic="shop.order",service="payment"} 3')
  expect(later).not.toContain('shop.delivery')
})

test('a failed source leaves no stale figure and does not fail the scrape', async () => {
  const metrics = createMetrics({ service: 'payment' })
  let broken = false
  metrics.observeOutbox(async () => {
    if (broken) throw new Error('database down')
    return { depth: 4, oldestSeconds: 0 }
  })
  await metrics.scrape()
  broken = true
  const text = await metrics.scrape()
  expect(text).not.toMatch(/^shop_outbox_depth\{/m)
  expect(text).toContain('shop_scrape_errors_total{source="outbox",service="payment"} 1')
})

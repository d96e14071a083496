import { createMetrics } from '@shop/service-host'
import { expect, test } from 'vitest'
import { addGauges, countingObserver, participantMetrics } from './metrics.ts'

const message = (type: string) => ({ id: '1', type, key: 'order', at: '', correlationId: '1', data: {} })

test('what becomes of the messages is counted', async () => {
  const metrics = participantMetrics(createMetrics({ service: 'payment' }))
  const observe = countingObserver(metrics)
  observe.transaction([message('OrderPlaced'), message('OrderPlaced')], { handled: 2, duplicates: 0, held: [], suspicious: [] })
  observe.transaction([message('OrderPlaced'), message('StockReleased')], { handled: 1, duplicates: 1, held: [], suspicious: [] })
  observe.deadLettered('undecodable')
  observe.passedOver()
  observe.retried()
  metrics.sagaDuration.observe({ outcome: 'confirmed' }, 0.04)
  const text = await metrics.scrape()
  expect(text).toContain('shop_messages_handled_total{type="OrderPlaced",service="payment"} 2')
  expect(text).toContain('shop_messages_handled_total{type="mixed",service="payment"} 1')
  expect(text).toContain('shop_messages_duplicate_total{service="payment"} 1')
  expect(text).toContain('shop_messages_dead_lettered_total{reason="undecodable",service="payment"} 1')
  expect(text).toContain('shop_handling_retries_total{service="payment"} 1')
  expect(text).toContain('shop_messages_passed_over_total{service="payment"} 1')
  expect(text).toContain('shop_transactions_total{service="payment"} 2')
  expect(text).toContain('shop_batch_size_bucket{le="1",service="payment"} 0')
  expect(text).toContain('shop_batch_size_bucket{le="2",service="payment"} 2')
  expect(text).toContain('shop_saga_duration_seconds_bucket{le="0.05",service="payment",outcome="confirmed"} 1')
})

test('gauges show what waits; without a database they show nothing', async () => {
  const metrics = createMetrics({ service: 'payment' })
  let isAway = false
  addGauges(metrics, {
    backlog: async () => {
      if (isAway) throw new Error('database down')
      return { count: 4, oldestMs: 1_500 }
    },
    letterCounts: async () => ({ failed: 1, held: 2 }),
    lag: async () => ({ 'shop.order': 7 }),
  })
  const text = await metrics.scrape()
  expect(text).toContain('shop_outbox_depth{service="payment"} 4')
  expect(text).toContain('shop_outbox_oldest_seconds{service="payment"} 1.5')
  expect(text).toContain('shop_dead_letters{kind="held",service="payment"} 2')
  expect(text).toContain('shop_consumer_lag{topic="shop.order",service="payment"} 7')
  isAway = true
  const without = await metrics.scrape()
  expect(without).not.toMatch(/^shop_outbox_(depth|oldest_seconds)\{/m)
  expect(without).toContain('shop_scrape_errors_total{source="outbox",service="payment"} 1')
})

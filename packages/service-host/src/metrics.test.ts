import { Gauge } from 'prom-client'
import { expect, test } from 'vitest'
import { createMetrics, sampledGauge } from './metrics.ts'

test('what the process and its HTTP measure carries the service', async () => {
  const metrics = createMetrics({ service: 'payment' })
  metrics.httpDuration.observe({ method: 'GET', route: '/x', status_code: 200 }, 0.02)
  const text = await metrics.scrape()
  expect(text).toMatch(/http_request_duration_seconds_bucket\{le="0.025",service="payment",.*\} 1/)
  expect(text).toContain('process_cpu_user_seconds_total{service="payment"}')
})

test('gauges are asked for at each scrape, once for all who scrape at once', async () => {
  const metrics = createMetrics({ service: 'payment' })
  let asked = 0
  const lag = { name: 'lag', help: 'Lag.', label: 'topic', source: 'lag' } as const
  sampledGauge(metrics, lag, async () => (++asked < 2 ? { orders: 7, deliveries: 0 } : { orders: 3 }))
  const [text, same] = await Promise.all([metrics.scrape(), metrics.scrape()])
  expect(text).toContain('lag{topic="orders",service="payment"} 7')
  expect(same).toContain('lag{topic="orders",service="payment"} 7')
  expect(asked).toBe(1)
  const later = await metrics.scrape()
  expect(later).toContain('lag{topic="orders",service="payment"} 3')
  expect(later).not.toContain('deliveries')
})

test('a failed source leaves no stale figure and does not fail the scrape', async () => {
  const metrics = createMetrics({ service: 'payment' })
  const depth = new Gauge({ name: 'depth', help: 'Depth.', registers: [metrics.registry] })
  let broken = false
  const ask = async () => {
    if (broken) throw new Error('database down')
    return 4
  }
  metrics.sampled('outbox', ask, (answer) => (answer === undefined ? depth.remove() : depth.set(answer)))
  expect(await metrics.scrape()).toContain('depth{service="payment"} 4')
  broken = true
  const text = await metrics.scrape()
  expect(text).not.toMatch(/^depth\{/m)
  expect(text).toContain('shop_scrape_errors_total{source="outbox",service="payment"} 1')
})

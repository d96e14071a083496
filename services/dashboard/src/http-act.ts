import { setTimeout as pause } from 'node:timers/promises'
import { conflict, notFound, parse } from '@shop/service-host'
import type { Request, Router } from 'express'
import { z } from 'zod'
import { burstMax, burstPerSecondMax } from './burst.ts'
import { pass, segment } from './passing-on.ts'
import { presets } from './presets.ts'
import type { RouteParts } from './route-parts.ts'
import { placeOrder } from './shop.ts'

const burstRequest = z.strictObject({
  count: z.int().min(1).max(burstMax),
  perSecond: z.int().min(1).max(burstPerSecondMax).default(50),
  failing: z.number().min(0).max(1).default(0),
})

const keyOf = (req: Request): Record<string, string> => {
  const key = req.get('idempotency-key')
  return key === undefined ? {} : { 'idempotency-key': key }
}

/** Time for the payment to begin, so that there is something to undo; the race stays a race. */
const cancelAfterMs = 15

/** What the page's buttons post to the services' own APIs. */
export const addShopRoutes = (router: Router, { upstream, bursts }: RouteParts): void => {
  const post = (path: string, service: string, target: (req: Request) => string) =>
    router.post(path, async (req, res) =>
      pass(res, await upstream.call(service, target(req), { method: 'POST', body: req.body, headers: keyOf(req) })),
    )
  post('/api/orders', 'order', () => '/orders')
  post('/api/orders/:id/cancel', 'order', (req) => `/orders/${segment(req, 'id')}/cancel`)
  post('/api/customers/:id/deposits', 'payment', (req) => `/accounts/${segment(req, 'id')}/deposits`)
  post('/api/products/:sku/receipts', 'inventory', (req) => `/stock/${segment(req, 'sku')}/receipts`)

  router.post('/api/presets/:id', async (req, res) => {
    const preset = presets.find(({ id }) => id === req.params.id)
    if (preset === undefined) throw notFound(`preset ${String(req.params.id).slice(0, 50)}`)
    const orderId = await placeOrder(upstream, preset.order)
    if (preset.id === 'cancel-in-flight') {
      await pause(cancelAfterMs)
      await upstream.call('order', `/orders/${orderId}/cancel`, { method: 'POST' }) // 409: it was too late, which is an outcome, too
    }
    res.status(201).json({ orderId })
  })

  router.get('/api/bursts', (_req, res) => void res.json(bursts.latest === undefined ? {} : { burst: bursts.latest }))
  router.post('/api/bursts', (req, res) => {
    const burst = bursts.start(parse(burstRequest, req.body, 'body'))
    if (burst === undefined) throw conflict('a burst is under way; end it with DELETE /api/bursts or wait')
    res.status(202).json(burst)
  })
  router.delete('/api/bursts', (_req, res) => {
    bursts.stop()
    res.status(204).end()
  })
}

import { setTimeout as pause } from 'node:timers/promises'
import { faultPoints } from '@shop/messaging'
import type { LetterContent, LetterView } from '@shop/participant/letters'
import { conflict, notFound, parse } from '@shop/service-host'
import type { Request, Response, Router } from 'express'
import { z } from 'zod'
import type { DeadLetterDetail, DeadLettersView, Fault, FaultsView, ProcessRequest, Refusal } from './api.ts'
import { burstMax, burstPerSecondMax } from './burst.ts'
import type { Parts } from './http.ts'
import { masked } from './mask.ts'
import { presets } from './presets.ts'
import { placeOrder } from './shop.ts'
import { type Answer, reasonOf } from './upstream.ts'

const burstRequest = z.strictObject({
  count: z.int().min(1).max(burstMax),
  perSecond: z.int().min(1).max(burstPerSecondMax).default(50),
  failing: z.number().min(0).max(1).default(0),
})
const checkRequest = z.strictObject({ waitSeconds: z.int().min(0).max(60).default(0) }).default({ waitSeconds: 0 })
const lettersQuery = z.strictObject({
  service: z.string().max(50).optional(),
  key: z.string().max(200).optional(),
  limit: z
    .string()
    .regex(/^\d{1,4}$/)
    .default('100'),
})

const passedOn = ['content-type', 'location', 'retry-after', 'idempotent-replayed']

/** Hands a service's answer on as it is, but for names and addresses. */
const pass = (res: Response, { status, headers, text }: Answer): void => {
  for (const name of passedOn) {
    const value = headers.get(name)
    if (value !== null) res.setHeader(name, value)
  }
  const isJson = /json/.test(headers.get('content-type') ?? '') && text !== ''
  res.status(status).end(isJson ? JSON.stringify(masked(JSON.parse(text))) : text)
}

const keyOf = (req: Request): Record<string, string> => {
  const key = req.get('idempotency-key')
  return key === undefined ? {} : { 'idempotency-key': key }
}

const segment = (req: Request, name: string): string => encodeURIComponent(String(req.params[name]))

/** Time for the payment to begin, so that there is something to undo; the race stays a race. */
const cancelAfterMs = 15

/** What the page's buttons post to the services' own APIs. */
export const addShopRoutes = (router: Router, { upstream, bursts }: Parts): void => {
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

/** Faults and dead letters of the services, and the check. */
export const addAdminRoutes = (router: Router, { upstream, guard, adminToken, checks, processes }: Parts): void => {
  const headers = { authorization: `Bearer ${adminToken}` }
  /** Asks every service; one that fails is told of beside the others. */
  const askAll = <T>(path: string, services = upstream.services) =>
    Promise.all(
      services.map(async (service) => {
        try {
          return { service, answer: await upstream.json<T>(service, path, { headers }) }
        } catch (error) {
          return { service, error: reasonOf(error) }
        }
      }),
    )

  router.get('/api/faults', async (_req, res) => {
    const [asked, refusals] = guard.enabled
      ? await Promise.all([askAll<{ faults: Fault[] }>('/admin/faults'), askAll<{ refusals: Refusal[] }>('/admin/refusals')])
      : [[], []]
    const view: FaultsView = {
      enabled: guard.enabled,
      points: faultPoints,
      actions: ['crash', 'stall', 'throw', 'poison'],
      services: asked.map(({ service, answer, error }, i) => ({
        service,
        faults: answer?.faults ?? [],
        ...(refusals[i]?.answer === undefined ? {} : { refusals: refusals[i].answer.refusals }),
        ...(error === undefined ? {} : { error }),
      })),
    }
    res.json(view)
  })
  for (const kind of ['faults', 'refusals']) {
    router.post(`/api/${kind}/:service`, guard.action, async (req, res) =>
      pass(res, await upstream.call(String(req.params.service), `/admin/${kind}`, { method: 'POST', body: req.body, headers })),
    )
    router.delete(`/api/${kind}/:service/:id`, guard.action, async (req, res) => {
      const path = `/admin/${kind}/${segment(req, 'id')}`
      pass(res, await upstream.call(String(req.params.service), path, { method: 'DELETE', headers }))
    })
  }
  router.delete('/api/faults', guard.action, async (_req, res) => {
    // One that does not answer has no faults: they end with the process.
    const clear = (service: string) =>
      ['/admin/faults', '/admin/refusals'].map((path) => upstream.call(service, path, { method: 'DELETE', headers }))
    await Promise.allSettled(upstream.services.flatMap(clear))
    res.status(204).end()
  })

  router.get('/api/processes', async (_req, res) => void res.json(await processes.view()))
  router.post('/api/processes', guard.action, async (req, res) => void res.json(await processes.act(req.body as ProcessRequest)))

  router.get('/api/dead-letters', async (req, res) => {
    const { service, ...query } = parse(lettersQuery, req.query, 'query')
    const path = `/admin/dead-letters?${new URLSearchParams(query as Record<string, string>)}`
    const services = service === undefined ? upstream.services : [service]
    const asked = guard.enabled ? await askAll<{ deadLetters: LetterView[] }>(path, services) : []
    const view: DeadLettersView = {
      enabled: guard.enabled,
      deadLetters: asked.flatMap(({ service, answer }) => (answer?.deadLetters ?? []).map((letter) => ({ ...letter, service }))),
      errors: asked.flatMap(({ service, error }) => (error === undefined ? [] : [{ service, detail: error }])),
    }
    res.json(view)
  })
  router.get('/api/dead-letters/:service/:id', guard.action, async (req, res) => {
    const path = `/admin/dead-letters/${segment(req, 'id')}`
    const service = String(req.params.service)
    const letter: DeadLetterDetail = { ...(await upstream.json<LetterContent>(service, path, { headers })), service }
    res.json(letter)
  })
  for (const action of ['replay', 'discard'])
    router.post(`/api/dead-letters/:service/${action}`, guard.action, async (req, res) => {
      const path = `/admin/dead-letters/${action}`
      pass(
        res,
        await upstream.call(String(req.params.service), path, { method: 'POST', body: req.body, headers, timeoutMs: 30_000 }),
      )
    })

  router.get('/api/check', (_req, res) => void res.json(checks.view()))
  router.post('/api/check', guard.action, (req, res) => {
    const { waitSeconds } = parse(checkRequest, req.body, 'body')
    if (!checks.view().available) throw conflict(`the databases cannot be reached from here; run: ${checks.view().command}`)
    if (!checks.start(waitSeconds)) throw conflict('a check runs, or has just ended; try again in some seconds')
    res.status(202).json(checks.view())
  })
}

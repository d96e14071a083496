import { faultPoints } from '@shop/messaging'
import type { LetterContent, LetterView } from '@shop/participant/letters'
import { conflict, parse } from '@shop/service-host'
import type { Router } from 'express'
import { z } from 'zod'
import type { DeadLetterDetail, DeadLettersView, Fault, FaultsView, ProcessRequest, Refusal } from './api.ts'
import { pass, segment } from './passing-on.ts'
import type { RouteParts } from './route-parts.ts'
import { reasonOf } from './upstream.ts'

const checkRequest = z.strictObject({ waitSeconds: z.int().min(0).max(60).default(0) }).default({ waitSeconds: 0 })
const lettersQuery = z.strictObject({
  service: z.string().max(50).optional(),
  key: z.string().max(200).optional(),
  limit: z
    .string()
    .regex(/^\d{1,4}$/)
    .default('100'),
})

/** Asks the services' admin routes. */
const askingWith = ({ upstream, adminToken }: RouteParts) => {
  const headers = { authorization: `Bearer ${adminToken}` }
  return {
    headers,
    /** Every one of the services; one that fails is told of beside the others. */
    all: <T>(path: string, services = upstream.services) =>
      Promise.all(
        services.map(async (service) => {
          try {
            return { service, answer: await upstream.json<T>(service, path, { headers }) }
          } catch (error) {
            return { service, error: reasonOf(error) }
          }
        }),
      ),
  }
}

/** Faults and dead letters of the services, their processes, and the check. */
export const addAdminRoutes = (router: Router, parts: RouteParts): void => {
  addFaultRoutes(router, parts)
  addProcessRoutes(router, parts)
  addLetterRoutes(router, parts)
  addCheckRoutes(router, parts)
}

const addFaultRoutes = (router: Router, parts: RouteParts): void => {
  const { upstream, guard } = parts
  const asking = askingWith(parts)
  const { headers } = asking
  router.get('/api/faults', async (_req, res) => {
    const [asked, refusals] = guard.enabled
      ? await Promise.all([
          asking.all<{ faults: Fault[] }>('/admin/faults'),
          asking.all<{ refusals: Refusal[] }>('/admin/refusals'),
        ])
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
}

const addProcessRoutes = (router: Router, { guard, processes }: RouteParts): void => {
  router.get('/api/processes', async (_req, res) => void res.json(await processes.view()))
  router.post('/api/processes', guard.action, async (req, res) => void res.json(await processes.act(req.body as ProcessRequest)))
}

const addLetterRoutes = (router: Router, parts: RouteParts): void => {
  const { upstream, guard } = parts
  const asking = askingWith(parts)
  const { headers } = asking
  router.get('/api/dead-letters', async (req, res) => {
    const { service, ...query } = parse(lettersQuery, req.query, 'query')
    const path = `/admin/dead-letters?${new URLSearchParams(query as Record<string, string>)}`
    const services = service === undefined ? upstream.services : [service]
    const asked = guard.enabled ? await asking.all<{ deadLetters: LetterView[] }>(path, services) : []
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
}

const addCheckRoutes = (router: Router, { guard, checks }: RouteParts): void => {
  router.get('/api/check', (_req, res) => void res.json(checks.view()))
  router.post('/api/check', guard.action, (req, res) => {
    const { waitSeconds } = parse(checkRequest, req.body, 'body')
    if (!checks.view().available) throw conflict(`the databases cannot be reached from here; run: ${checks.view().command}`)
    if (!checks.start(waitSeconds)) throw conflict('a check runs, or has just ended; try again in some seconds')
    res.status(202).json(checks.view())
  })
}

import { randomUUID } from 'node:crypto'
import express, { type ErrorRequestHandler, type Express, type RequestHandler, Router } from 'express'
import { jsonBody } from './body.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { badRequest, notFound, Problem, sendProblem, unavailable } from './problem.ts'
import { type Checks, createReadiness } from './readiness.ts'
import { requireToken } from './token.ts'

export interface AppOptions {
  log: Log
  metrics: Metrics
  /** What must work for this service to be ready, by name; a check rejects with the reason when it does not. 2 s each. */
  checks: Checks
  /** Tells the errors that pass when the database is back: they are answered with 503 and Retry-After. Default: none. */
  isUnavailable?: (error: unknown) => boolean
  /** The service's own routes, complete before this call; their errors, thrown or rejected, become problem+json. */
  routes: Router
  /** Routes below /admin for who sends the token. Default: none, /admin does not exist. */
  admin?: { readonly token: string; readonly routers: readonly Router[] } | undefined
}

export interface ServiceApp {
  readonly express: Express
  /** From now on /readyz says 503 and every answer closes its connection. `host` calls it. */
  beginStop(): void
}

/**
 * The HTTP side of a service: `/livez`, `/readyz`, `/metrics` and its routes, JSON in and out, every error as problem+json.
 * Requests are measured but logged at level debug only.
 */
export const createApp = ({ log, metrics, checks, routes, admin, isUnavailable = () => false }: AppOptions): ServiceApp => {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  // No nesting: `?status[$gt]=` is a field of that odd name, which a strict schema refuses.
  app.set('query parser', 'simple')

  const readiness = createReadiness(checks)
  let stopping = false

  app.use((req, res, next) => {
    const startedAt = performance.now()
    res.setHeader('X-Content-Type-Options', 'nosniff')
    res.setHeader('Cache-Control', 'no-store')
    if (stopping) res.setHeader('Connection', 'close')
    res.once('finish', () => {
      const seconds = (performance.now() - startedAt) / 1_000
      const route: string = req.route ? req.baseUrl + req.route.path : '(none)'
      metrics.httpDuration.observe({ method: methodLabel(req.method), route, status_code: res.statusCode }, seconds)
      if (log.isLevelEnabled('debug')) log.debug({ method: req.method, route, status: res.statusCode, seconds }, 'request')
    })
    next()
  })

  const operations = Router()
  operations.get('/livez', (_req, res) => void res.json({ status: 'alive' }))
  operations.get('/readyz', async (_req, res) => {
    const { failing, checks } = await readiness()
    if (!stopping && failing.length === 0) return void res.json({ status: 'ready', checks })
    const detail = stopping
      ? 'shutting down'
      : `not ready: ${failing.map(({ field, message }) => `${field}: ${message}`).join('; ')}`
    sendProblem(res, new Problem(503, detail, { errors: failing }), { checks })
  })
  operations.get('/metrics', async (_req, res) => {
    const text = await metrics.scrape()
    res.setHeader('Content-Type', metrics.registry.contentType).end(text)
  })

  app.use(operations, refuseBadUrl, jsonBody())
  if (admin) app.use('/admin', requireToken(admin.token))
  const routers = [routes, ...(admin?.routers ?? [])]
  app.use(...routers, otherMethods(operations), ...routers.map(otherMethods))
  app.use((req) => {
    throw notFound(`the resource ${req.path.slice(0, 200)}`)
  })
  app.use(errorAnswer(log, isUnavailable))
  return {
    express: app,
    beginStop: () => {
      stopping = true
    },
  }
}

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
/** Clients choose the method, so an unusual one must not become a label of its own. */
const methodLabel = (method: string): string => (knownMethods.has(method) ? method : 'other')

/** Express decodes only the parameters of a route that matches, and lets `%00` through, which PostgreSQL refuses. */
const refuseBadUrl: RequestHandler = (req, _res, next) => {
  if (req.url.includes('%')) {
    let decoded: string
    try {
      decoded = decodeURIComponent(req.url)
    } catch {
      throw badRequest('the URL is not valid: malformed percent-encoding')
    }
    if (decoded.includes('\0')) throw badRequest('the URL is not valid: it must not contain NUL')
  }
  next()
}

/** Answers 405 with Allow on the paths of `router`. Routers nested inside it are not seen: there it stays 404. */
const otherMethods = (router: Router): Router => {
  const methodsByPath = new Map<string, Set<string>>()
  for (const { route } of router.stack) {
    if (!route) continue
    const methods = methodsByPath.get(route.path) ?? new Set()
    for (const { method } of route.stack) if (method) methods.add(method.toUpperCase())
    if (methods.has('GET')) methods.add('HEAD')
    methodsByPath.set(route.path, methods)
  }
  const refusals = Router()
  for (const [path, methods] of methodsByPath) {
    const allowed = [...methods].sort().join(', ')
    refusals.all(path, (req) => {
      throw new Problem(405, `${req.method} is not possible here, only ${allowed}`, { headers: { Allow: allowed } })
    })
  }
  return refusals
}

/** Four parameters, or express takes it for an ordinary handler. */
const errorAnswer = (log: Log, isUnavailable: (error: unknown) => boolean): ErrorRequestHandler => {
  return (error, req, res, _next) => {
    const problem = isUnavailable(error) ? unavailable(1, 'the database cannot be reached; try again shortly') : problemOf(error)
    if (problem.status === 503) log.warn({ err: error, method: req.method, path: req.path }, 'request refused for now')
    if (problem.status === 500)
      log.error({ err: error, method: req.method, path: req.path, instance: problem.instance }, 'request failed')
    // Half an answer is out: cutting the connection is the only way left to say that it is not whole.
    if (res.headersSent) return void res.destroy()
    sendProblem(res, problem)
  }
}

const problemOf = (error: unknown): Problem => {
  if (error instanceof Problem) return error
  const { expose, status, type, message } = (error ?? {}) as Partial<Record<'expose' | 'status' | 'type' | 'message', unknown>>
  // Only what express' body parser found wrong with the request: a status of 400 on any other error is our own failed call.
  if (expose !== true) return unexpected()
  if (status === 413) return new Problem(413, 'the body is larger than 64 KB')
  if (status === 415) return new Problem(415, `the body cannot be read: ${message}`)
  if (type === 'entity.parse.failed') {
    return badRequest('the body is not valid JSON', [{ field: 'body', message: String(message).slice(0, 200) }])
  }
  if (status === 400) return badRequest('the request cannot be read')
  return unexpected()
}

/** The client learns nothing of our insides, only the id under which the log has the error. */
const unexpected = (): Problem =>
  new Problem(500, 'an unexpected error; the log has it under this instance', { instance: `urn:uuid:${randomUUID()}` })

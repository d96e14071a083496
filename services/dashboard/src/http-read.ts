import { serviceNames } from '@shop/choreography'
import { badRequest, notFound, parse, tooMany, unavailable } from '@shop/service-host'
import type { Router } from 'express'
import { z } from 'zod'
import type { About, OrderPage, SeriesAnswer } from './api.ts'
import { burstMax, burstPerSecondMax } from './burst.ts'
import { stepMs } from './durations.ts'
import { framesPerSecondMax, ordersPerFrameMax } from './feed.ts'
import { flow } from './flow.ts'
import { type Order, summaryOf } from './order.ts'
import type { RouteParts } from './route-parts.ts'
import { ownedBy } from './saga.ts'
import { sagaView } from './saga-view.ts'
import { sagaPoints } from './series.ts'
import { shopView } from './shop.ts'
import { clientOf, readersMax, readersOfClientMax } from './stream.ts'

const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,13}$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max))
const orderId = z.uuid('expected an order id').transform((id) => id.toLowerCase())

const listQuery = z.strictObject({
  state: z.enum(['PENDING', 'CANCELLING', 'CONFIRMED', 'CANCELLED']).optional(),
  customerId: z.string().max(64).optional(),
  stuckMs: whole(0, 31_536_000_000).optional(),
  limit: whole(1, 200).default(50),
  cursor: z.string().max(200).optional(),
})
const sagaQuery = z.strictObject({ unmask: z.enum(['true', 'false']).optional() })
const streamQuery = z.strictObject({ order: orderId.optional() })
const seriesQuery = z.strictObject({ minutes: whole(1, 360).default(15) })

const cursorOf = ({ firstAt, orderId }: Order): string => Buffer.from(`${firstAt} ${orderId}`).toString('base64url')
const readCursor = (cursor: string): { firstAt: number; orderId: string } => {
  const [firstAt = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split(' ')
  if (!/^\d+$/.test(firstAt) || id === '')
    throw badRequest('the query is not valid: cursor', [{ field: 'cursor', message: 'expected the nextCursor of a page before' }])
  return { firstAt: Number(firstAt), orderId: id }
}

/** What a page reads. */
export const addReadRoutes = (router: Router, parts: RouteParts): void => {
  const { projection, stream, monitor, services, guard, upstream, retention, customers } = parts

  router.get('/api/about', (req, res) => {
    const how = guard.enabled
      ? 'send the token that npm start prints, or SHOP_ADMIN_TOKEN of docker compose'
      : 'set DASHBOARD_ACTIONS=true and ADMIN_TOKEN for the dashboard'
    const about: About = {
      actions: { enabled: guard.enabled, how, tokenValid: guard.hasToken(req) },
      services: serviceNames,
      lanes: serviceNames.map((service) => ({ service, events: ownedBy(service) })),
      limits: {
        framesPerSecondMax,
        ordersPerFrameMax,
        burstMax,
        burstPerSecondMax,
        retentionMs: retention.ms,
        ordersMax: retention.ordersMax,
      },
    }
    res.json(about)
  })

  router.get('/api/stream', (req, res) => {
    const { order } = parse(streamQuery, req.query, 'query')
    const by = clientOf(req.socket.remoteAddress, req.get('user-agent'))
    const outcome = stream.open(res, by, { orderId: order, lastEventId: req.get('last-event-id') })
    if (outcome === 'full') throw unavailable(5, `${readersMax} pages look on already; try again shortly`)
    if (outcome === 'client-full')
      throw tooMany(5, `${readersOfClientMax} pages of this client look on already; close some, or try again shortly`)
  })

  router.get('/api/orders', (req, res) => {
    const { cursor, stuckMs, ...query } = parse(listQuery, req.query, 'query')
    const orders = projection.store.orders({
      ...query,
      quietSince: stuckMs === undefined ? undefined : Date.now() - stuckMs,
      after: cursor === undefined ? undefined : readCursor(cursor),
    })
    const last = orders.length === query.limit ? orders.at(-1) : undefined
    const page: OrderPage = {
      orders: orders.map(summaryOf),
      totals: projection.totals(),
      ...(last === undefined ? {} : { nextCursor: cursorOf(last) }),
    }
    res.json(page)
  })

  router.get('/api/orders/:id', (req, res) => {
    const { id } = parse(z.strictObject({ id: orderId }), req.params, 'params')
    const unmask = parse(sagaQuery, req.query, 'query').unmask === 'true'
    if (unmask) guard.requireToken(req)
    const saga = sagaView(projection.store, id, { unmask })
    if (saga === undefined) throw notFound(`order ${id} (no event of it was seen)`)
    res.json(saga)
  })

  router.get('/api/flow', (_req, res) => void res.json(flow(monitor.parts())))

  router.get('/api/series', (req, res) => {
    const since = Date.now() - parse(seriesQuery, req.query, 'query').minutes * 60_000
    const answer: SeriesAnswer = { stepMs, sagas: sagaPoints(projection.store.series(since)), services: services.points(since) }
    res.json(answer)
  })

  router.get('/api/shop', async (_req, res) => void res.json(await shopView(upstream, customers)))
}

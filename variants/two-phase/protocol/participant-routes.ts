/** A participant's side of the protocol over HTTP, for who has the token: the coordinator, and an operator. */
import { conflict, parse } from '@shop/service-host'
import { Router } from 'express'
import { z } from 'zod'
import { purchase } from '../purchase-body.ts'
import type { Prepared } from './prepared.ts'

const order = z.strictObject({ orderId: z.uuid() })
const ending = z.strictObject({ reason: z.string().max(200).optional() })
const resolution = z.strictObject({ outcome: z.enum(['commit', 'rollback']) })

/** @param rolledBack called behind every rollback, also of what was never prepared here; may be called again. */
export const participantRoutes = (
  prepared: Prepared<z.output<typeof purchase>>,
  rolledBack: (orderId: string, reason: string) => Promise<void> = async () => {},
): Router => {
  const router = Router()
  router.get('/admin/transactions', async (_req, res) => void res.json({ inDoubt: await prepared.inDoubt() }))

  router.post('/admin/transactions/:orderId/prepare', async (req, res) => {
    res.json(await prepared.prepare(parse(purchase, req.body, 'body')))
  })

  router.post('/admin/transactions/:orderId/commit', async (req, res) => {
    const { orderId } = parse(order, req.params, 'params')
    res.json({ carried: await prepared.end(orderId, 'commit') })
  })

  router.post('/admin/transactions/:orderId/rollback', async (req, res) => {
    const { orderId } = parse(order, req.params, 'params')
    const { reason = 'transaction_aborted' } = parse(ending, req.body, 'body')
    const carried = await prepared.end(orderId, 'rollback')
    if (carried === 'done') await rolledBack(orderId, reason)
    res.json({ carried })
  })

  router.post('/admin/transactions/:orderId/resolve', async (req, res) => {
    const { orderId } = parse(order, req.params, 'params')
    const { outcome } = parse(resolution, req.body, 'body')
    if (!(await prepared.resolve(orderId, outcome))) throw conflict(`nothing of order ${orderId} is in doubt here`)
    if (outcome === 'rollback') await rolledBack(orderId, 'resolved_by_operator')
    res.json({ resolved: outcome })
  })
  return router
}

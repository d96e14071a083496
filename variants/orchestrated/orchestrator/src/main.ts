import { notFound, parse } from '@shop/service-host'
import { Router } from 'express'
import type { Pool } from 'pg'
import { z } from 'zod'
import { flows } from '../../flow.ts'
import { runOnPostgres } from '../../on-postgres.ts'
import { reactions } from './reactions.ts'
import * as sagas from './sagas.ts'

const order = z.strictObject({ orderId: z.uuid() })

const routes = (pool: Pool): Router => {
  const router = Router()
  router.get('/sagas/:orderId', async (req, res) => {
    const orderId = parse(order, req.params, 'params').orderId.toLowerCase()
    const saga = await sagas.findSaga(pool, orderId)
    if (saga === undefined) throw notFound(`a saga of order ${orderId}`)
    const { placed: _, ...shown } = saga
    res.json({ orderId, ...shown })
  })
  return router
}

await runOnPostgres('orchestrator', 3006, { react: reactions(flows, sagas), routes: (_store, pool) => routes(pool) })

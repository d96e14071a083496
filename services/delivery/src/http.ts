import { notFound, parse } from '@shop/service-host'
import { Router } from 'express'
import { z } from 'zod'
import type { Shipment } from './shipment.ts'

const order = z.strictObject({ orderId: z.uuid() })

/** @param find the shipment of an order; `undefined` when there is none. */
export const routes = (find: (orderId: string) => Promise<Shipment | undefined>): Router => {
  const router = Router()
  router.get('/shipments/:orderId', async (req, res) => {
    const orderId = parse(order, req.params, 'params').orderId.toLowerCase()
    const shipment = await find(orderId)
    if (shipment?.status === undefined) throw notFound(`a shipment of order ${orderId}`)
    const { status, carrier, reason } = shipment
    res.json({ orderId, status, ...(carrier && { carrier }), ...(reason && { reason }) })
  })
  return router
}

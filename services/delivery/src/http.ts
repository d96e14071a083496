import { notFound, parse } from '@shop/service-host'
import { Router } from 'express'
import { z } from 'zod'
import { findShipment, type ShipmentModel } from './store.ts'

const order = z.strictObject({ orderId: z.uuid() })

export const routes = (model: ShipmentModel): Router => {
  const router = Router()
  router.get('/shipments/:orderId', async (req, res) => {
    const { orderId } = parse(order, req.params, 'params')
    const shipment = await findShipment(model, orderId.toLowerCase())
    if (shipment?.status === undefined) throw notFound(`a shipment of order ${orderId}`)
    const { status, carrier, reason } = shipment
    res.json({ orderId: orderId.toLowerCase(), status, ...(carrier && { carrier }), ...(reason && { reason }) })
  })
  return router
}

import { parse } from '@shop/service-host'
import { Router } from 'express'
import { z } from 'zod'
import { listNotifications, type NotificationModel } from './store.ts'

const query = z.strictObject({
  customerId: z
    .string()
    .regex(/^[\w.@-]{1,64}$/, 'expected 1 to 64 letters, digits or any of _ . @ -')
    .optional(),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.number().min(1).max(200))
    .default(50),
})

export const routes = (model: NotificationModel): Router => {
  const router = Router()
  router.get('/notifications', async (req, res) => {
    const { customerId, limit } = parse(query, req.query, 'query')
    res.json({ notifications: await listNotifications(model, customerId, limit) })
  })
  return router
}

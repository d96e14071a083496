import { participantConfig, runParticipant } from '@shop/participant'
import { durationMs, port } from '@shop/service-host'
import { connectMongo, MongoMessageStore } from '@shop/store-mongo'
import { z } from 'zod'
import { cancelOrder } from './cancelling.ts'
import { Deadlines } from './deadlines.ts'
import { routes } from './http.ts'
import type { Order } from './order.ts'
import { Pace } from './pace.ts'
import { reactions } from './reactions.ts'
import { findOrders, loadProducts, orderModel, pendingDeadlines, placedOrders, upgradeOrder } from './store.ts'
import { tellAgain } from './telling-again.ts'

await runParticipant({
  name: 'order',
  config: z.object({
    ...participantConfig,
    PORT: port.default(3001),
    /** How long an order may stay PENDING before it cancels itself. */
    ORDER_DEADLINE: durationMs.default(300_000),
    /** An order that has not ended so long after it was placed is told again, then after twice that time, and so on. */
    TELL_AGAIN_AFTER: durationMs.default(600_000),
    /** Above so many events that wait for the broker, POST /orders answers 503. */
    OUTBOX_DEPTH_MAX: z.coerce.number().int().min(1).default(10_000),
    /** While orders take longer than this from being placed to being confirmed, POST /orders answers 503. */
    SAGA_DURATION_MAX: durationMs.default(30_000),
  }),
  open: async ({ config, log, metrics, faults }) => {
    const connection = await connectMongo({ uri: config.DATABASE_URL, applicationName: 'order' })
    const model = orderModel(connection)
    const store = new MongoMessageStore<Order>(connection, model, upgradeOrder)
    const deadlines = new Deadlines({
      cancel: async (orderId) => void (await cancelOrder(store, orderId, 'deadline')),
      pending: (limit) => pendingDeadlines(model, limit),
      log,
    })
    deadlines.start()
    const pace = new Pace({ durationMsMax: config.SAGA_DURATION_MAX })
    return {
      store,
      react: reactions((orderId, order) => {
        deadlines.ended(orderId)
        const durationMs = Date.now() - Date.parse(order.placedAt)
        metrics.sagaDuration.observe({ outcome: order.status.toLowerCase() }, durationMs / 1_000)
        if (order.status === 'CONFIRMED') pace.confirmed(durationMs)
      }),
      routes: routes({
        store,
        model,
        products: await loadProducts(connection),
        deadlines,
        deadlineMs: config.ORDER_DEADLINE,
        pace,
        outboxDepthMax: config.OUTBOX_DEPTH_MAX,
        faults,
      }),
      tellAgainAfterMs: config.TELL_AGAIN_AFTER,
      tellingAgain: {
        told: async (orderIds) => (await findOrders(model, orderIds)).flatMap(({ orderId, order }) => tellAgain(orderId, order)),
        orders: (selection) => placedOrders(model, selection),
      },
      stopFirst: [{ name: 'deadlines', stop: () => deadlines.stop() }],
      close: () => store.close().then(() => connection.close()),
    }
  },
})

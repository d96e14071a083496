import { connectMongo, MongoMessageStore } from '@shop/messaging/mongo'
import { baseConfig, durationMs, port, runParticipant } from '@shop/service-host'
import { z } from 'zod'
import { cancelOrder } from './cancelling.ts'
import { Deadlines } from './deadlines.ts'
import { routes } from './http.ts'
import type { Order } from './order.ts'
import { reactions } from './reactions.ts'
import { loadProducts, orderModel, pendingDeadlines } from './store.ts'

await runParticipant({
  name: 'order',
  config: z.object({
    ...baseConfig,
    PORT: port.default(3001),
    /** How long an order may stay PENDING before it cancels itself. */
    ORDER_DEADLINE: durationMs.default(300_000),
    /** Above so many events that wait for the broker, POST /orders answers 503. */
    OUTBOX_DEPTH_MAX: z.coerce.number().int().min(1).default(10_000),
  }),
  open: async ({ config, log, metrics, faults }) => {
    const connection = await connectMongo({ uri: config.DATABASE_URL, applicationName: 'order' })
    const model = orderModel(connection)
    const store = new MongoMessageStore<Order>(connection, model)
    const deadlines = new Deadlines({
      cancel: async (orderId) => void (await cancelOrder(store, orderId, 'deadline')),
      pending: (limit) => pendingDeadlines(model, limit),
      log,
    })
    deadlines.start()
    return {
      store,
      react: reactions((orderId, order) => {
        deadlines.ended(orderId)
        metrics.sagaDuration.observe({ outcome: order.status.toLowerCase() }, (Date.now() - Date.parse(order.placedAt)) / 1_000)
      }),
      routes: routes({
        store,
        model,
        products: await loadProducts(connection),
        deadlines,
        deadlineMs: config.ORDER_DEADLINE,
        outboxDepthMax: config.OUTBOX_DEPTH_MAX,
        log,
        faults,
      }),
      stopFirst: [{ name: 'deadlines', stop: () => deadlines.stop() }],
      close: () => store.close().then(() => connection.close()),
    }
  },
})

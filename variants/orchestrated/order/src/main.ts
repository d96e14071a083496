import { participantConfig, runSpeaking } from '@shop/participant'
import { durationMs, port } from '@shop/service-host'
import { connectMongo, MongoMessageStore } from '@shop/store-mongo'
import { z } from 'zod'
import { cancelOrder } from '../../../../services/order/src/cancelling.ts'
import { Deadlines } from '../../../../services/order/src/deadlines.ts'
import { routes } from '../../../../services/order/src/http.ts'
import type { Order } from '../../../../services/order/src/order.ts'
import { Pace } from '../../../../services/order/src/pace.ts'
import { loadProducts, orderModel, pendingDeadlines } from '../../../../services/order/src/store.ts'
import { speechOf } from '../../speech.ts'
import { reactions } from './reactions.ts'

const config = z.object({
  ...participantConfig,
  PORT: port.default(3001),
  /** How long an order may stay PENDING before it asks to be cancelled. */
  ORDER_DEADLINE: durationMs.default(300_000),
})

const outboxDepthMax = 10_000
const sagaMsMax = 30_000

/** Takes orders and cancellations as in the shop; how they end it is told by the orchestrator. */
await runSpeaking(
  {
    name: 'order',
    config,
    open: async ({ config: { DATABASE_URL: uri, ORDER_DEADLINE: deadlineMs }, log, metrics, faults }) => {
      const connection = await connectMongo({ uri, applicationName: 'order' })
      const model = orderModel(connection)
      const store = new MongoMessageStore<Order>(connection, model)
      const deadlines = new Deadlines({
        cancel: async (orderId) => void (await cancelOrder(store, orderId, 'deadline')),
        pending: (limit) => pendingDeadlines(model, limit),
        log,
      })
      deadlines.start()
      const pace = new Pace({ durationMsMax: sagaMsMax })
      const ended = (orderId: string, order: Order) => {
        deadlines.ended(orderId)
        const durationMs = Date.now() - Date.parse(order.placedAt)
        metrics.sagaDuration.observe({ outcome: order.status.toLowerCase() }, durationMs / 1_000)
        if (order.status === 'CONFIRMED') pace.confirmed(durationMs)
      }
      const products = await loadProducts(connection)
      return {
        store,
        react: reactions(ended),
        routes: routes({ store, model, products, deadlines, deadlineMs, pace, outboxDepthMax, faults }),
        stopFirst: [{ name: 'deadlines', stop: () => deadlines.stop() }],
        close: () => store.close().then(() => connection.close()),
      }
    },
  },
  speechOf('order'),
)

import { participantRoutes } from '../../protocol/participant-routes.ts'
import { Prepared } from '../../protocol/prepared.ts'
import { repeatedly } from '../../protocol/repeatedly.ts'
import { runProcess } from '../../protocol/run-process.ts'
import { work } from '../../purchase.ts'
import { routes } from './http.ts'
import { loadProducts } from './orders.ts'
import { purchasing } from './purchasing.ts'

const askRestMs = 1_000

await runProcess('order', { prepares: true }, async ({ config, log, working, ending, store, urlOf }) => {
  const coordinator = { url: urlOf('coordinator'), token: config.ADMIN_TOKEN }
  const products = await loadProducts(working)
  const purchases = purchasing({ pool: working, store, coordinator, products, log })
  const prepared = new Prepared('order', { working, ending }, work.order)
  const asking = repeatedly('asking for ends', askRestMs, () => purchases.askForEnds(config.ASK_AFTER), log)
  return {
    routes: routes({ pool: working, products, purchases }),
    admin: [participantRoutes(prepared, async (orderId, reason) => void (await purchases.cancelled(orderId, reason)))],
    stopFirst: [asking],
  }
})

import { routes } from '../../../../services/delivery/src/http.ts'
import { participantRoutes } from '../../protocol/participant-routes.ts'
import { Prepared } from '../../protocol/prepared.ts'
import { runProcess } from '../../protocol/run-process.ts'
import { work } from '../../purchase.ts'
import { findShipment } from './shipments.ts'

await runProcess('delivery', { prepares: true }, async ({ working, ending }) => ({
  routes: routes((orderId) => findShipment(working, orderId)),
  admin: [participantRoutes(new Prepared('delivery', { working, ending }, work.delivery))],
}))

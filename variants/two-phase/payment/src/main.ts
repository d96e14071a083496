import { routes } from '../../../../services/payment/src/http.ts'
import { participantRoutes } from '../../protocol/participant-routes.ts'
import { Prepared } from '../../protocol/prepared.ts'
import { runProcess } from '../../protocol/run-process.ts'
import { work } from '../../purchase.ts'

await runProcess('payment', { prepares: true }, async ({ working, ending, store }) => ({
  routes: routes(store, working),
  admin: [participantRoutes(new Prepared('payment', { working, ending }, work.payment))],
}))

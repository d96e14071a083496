import { routes } from '../../../../services/inventory/src/http.ts'
import { participantRoutes } from '../../protocol/participant-routes.ts'
import { Prepared } from '../../protocol/prepared.ts'
import { runProcess } from '../../protocol/run-process.ts'
import { work } from '../../purchase.ts'

await runProcess('inventory', { prepares: true }, async ({ working, ending, store }) => ({
  routes: routes(store, working),
  admin: [participantRoutes(new Prepared('inventory', { working, ending }, work.inventory))],
}))

import { routes } from '../../../../services/payment/src/http.ts'
import { runOnPostgres } from '../../on-postgres.ts'
import { react } from './reactions.ts'

await runOnPostgres('payment', 3002, { react, routes })

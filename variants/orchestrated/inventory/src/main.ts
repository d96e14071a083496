import { routes } from '../../../../services/inventory/src/http.ts'
import { runOnPostgres } from '../../on-postgres.ts'
import { react } from './reactions.ts'

await runOnPostgres('inventory', 3003, { react, routes })

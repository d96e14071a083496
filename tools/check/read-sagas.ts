import type { OrderFiles } from './order-files.ts'
import { inOneState, openPostgres, stream } from './postgres.ts'
import type { Progress } from './progress.ts'
import { remedy } from './read-databases.ts'
import type { Settings } from './settings.ts'
import { orUnreadable } from './unreadable.ts'

/** What the orchestrator knows of each order. */
export const readSagas = (settings: Settings, add: OrderFiles['add'], progress: Progress): Promise<void> =>
  orUnreadable('PostgreSQL, database shop_orchestrator', remedy, async () => {
    const client = await openPostgres(settings.postgresUrl, 'orchestrator')
    try {
      await inOneState(client, async () => {
        const sagas = `SELECT order_id, status, state->'awaits'->>'command' AS awaits FROM sagas`
        for await (const rows of stream(client, sagas))
          for (const { order_id, status, awaits } of progress.count('sagas', rows)) add(order_id, 'saga', { status, awaits })
      })
    } finally {
      await client.end()
    }
  })

import { catalogueFor } from '@shop/choreography'
import { participantConfig, runParticipant } from '@shop/participant'
import { durationMs, port } from '@shop/service-host'
import { createPool, forgetHandled, LogOutbox, PostgresMessageStore } from '@shop/store-postgres'
import { z } from 'zod'
import { routes } from './http.ts'
import { reactions } from './reactions.ts'
import { refuses } from './refuses.ts'
import * as tables from './store.ts'

await runParticipant({
  name: 'payment',
  refuses,
  config: z.object({
    ...participantConfig,
    PORT: port.default(3002),
    /** For so long a message that comes again is known by its id, and an Idempotency-Key gets its first answer. */
    INBOX_RETENTION: durationMs.default(20 * 24 * 3_600_000),
    /** What takes messages to the broker: this service's relay, or a connector that reads PostgreSQL's log (change data capture). */
    RELAY: z.enum(['outbox', 'cdc']).default('outbox'),
  }),
  open: async ({ config, log, refusals }) => {
    const pool = createPool({
      connectionString: config.DATABASE_URL,
      applicationName: 'payment',
      onIdleError: (err) => log.warn({ err }, 'an idle connection broke'),
    })
    const capture = config.RELAY === 'cdc' ? new LogOutbox(pool, 'payment', catalogueFor('payment')) : undefined
    const store = new PostgresMessageStore(pool, 'payment', capture)
    const opening = store.ping().then(() => capture?.begin())
    await opening.catch(async (error) => {
      await pool.end()
      throw error
    })
    return {
      store,
      capture,
      react: reactions(tables, (orderId) => refusals?.refuses(orderId) ?? false),
      routes: routes(store, pool),
      tellingAgain: { told: (orderIds) => tables.findTold(pool, orderIds) },
      upkeep: () => forgetHandled(pool, config.INBOX_RETENTION),
      close: () => store.close().then(() => pool.end()),
    }
  },
})

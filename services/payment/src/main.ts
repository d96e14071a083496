import { participantConfig, runParticipant } from '@shop/participant'
import { durationMs, port } from '@shop/service-host'
import { createPool, forgetHandled, PostgresMessageStore } from '@shop/store-postgres'
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
  }),
  open: async ({ config, log, refusals }) => {
    const pool = createPool({
      connectionString: config.DATABASE_URL,
      applicationName: 'payment',
      onIdleError: (err) => log.warn({ err }, 'an idle connection broke'),
    })
    const store = new PostgresMessageStore(pool, 'payment')
    await store.ping().catch(async (error) => {
      await pool.end()
      throw error
    })
    return {
      store,
      react: reactions(tables, (orderId) => refusals?.refuses(orderId) ?? false),
      routes: routes(store, pool),
      tellingAgain: { told: (orderIds) => tables.findTold(pool, orderIds) },
      upkeep: () => forgetHandled(pool, config.INBOX_RETENTION),
      close: () => store.close().then(() => pool.end()),
    }
  },
})

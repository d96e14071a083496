import type { Message, React } from '@shop/messaging'
import { participantConfig, runSpeaking } from '@shop/participant'
import { durationMs, port } from '@shop/service-host'
import { createPool, forgetHandled, PostgresMessageStore } from '@shop/store-postgres'
import type { Router } from 'express'
import type { Pool, PoolClient } from 'pg'
import { z } from 'zod'
import { speechOf } from './speech.ts'

interface OnPostgres<In extends Message> {
  readonly react: React<PoolClient, In>
  readonly routes: (store: PostgresMessageStore, pool: Pool) => Router
}

/** Runs a process of this variant whose database is PostgreSQL. */
export const runOnPostgres = <In extends Message>(
  name: 'payment' | 'inventory' | 'orchestrator',
  defaultPort: number,
  { react, routes }: OnPostgres<In>,
): Promise<void> => {
  const config = z.object({
    ...participantConfig,
    PORT: port.default(defaultPort),
    INBOX_RETENTION: durationMs.default(20 * 24 * 3_600_000),
  })
  return runSpeaking(
    {
      name,
      config,
      open: async ({ config: { DATABASE_URL: connectionString, INBOX_RETENTION: retentionMs }, log }) => {
        const onIdleError = (err: Error) => log.warn({ err }, 'an idle connection broke')
        const pool = createPool({ connectionString, applicationName: name, onIdleError })
        const store = new PostgresMessageStore(pool, name)
        await store.ping().catch(async (error) => {
          await pool.end()
          throw error
        })
        return {
          ...{ store, react, routes: routes(store, pool) },
          upkeep: () => forgetHandled(pool, retentionMs),
          close: () => store.close().then(() => pool.end()),
        }
      },
    },
    speechOf(name),
  )
}

import { createPool } from '@shop/store-postgres'
import type { Pool } from 'pg'

/** Runs statements that may run again, and then what else is to be prepared. */
export const initialiseWith = async (
  databaseUrl: string,
  statements: readonly string[],
  more: (pool: Pool) => Promise<unknown> = async () => {},
): Promise<void> => {
  const pool = createPool({ connectionString: databaseUrl, applicationName: 'init', onIdleError: () => {} })
  try {
    for (const statement of statements) await pool.query(statement)
    await more(pool)
  } finally {
    await pool.end()
  }
}

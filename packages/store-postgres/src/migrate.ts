import type { Pool, QueryConfig } from 'pg'

/** A migration may walk through whole tables. */
const migrationMsMax = 600_000

/**
 * Applies the numbered migrations that the database does not have yet, all in one transaction, one process at a time.
 * @param migrations SQL, in order; what was released is never changed, only added to.
 * @throws when a statement fails; nothing of this call is applied then.
 */
export const migrate = async (pool: Pool, migrations: readonly string[]): Promise<number> => {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await client.query(`SET LOCAL statement_timeout = ${migrationMsMax}`)
    await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('migrations', 0))`)
    await client.query(
      'CREATE TABLE IF NOT EXISTS migrations (number int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
    )
    const { rows } = await client.query<{ applied: number }>('SELECT coalesce(max(number), 0) AS applied FROM migrations')
    const applied = rows[0]?.applied ?? 0
    for (const [index, sql] of migrations.entries()) {
      if (index < applied) continue
      await client.query({ text: sql, query_timeout: migrationMsMax } as QueryConfig)
      await client.query('INSERT INTO migrations (number) VALUES ($1)', [index + 1])
    }
    await client.query('COMMIT')
    return Math.max(0, migrations.length - applied)
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error
  } finally {
    client.release()
  }
}

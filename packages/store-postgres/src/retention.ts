import type { Pool } from 'pg'

/** Rows in one statement: it holds its locks for milliseconds, and autovacuum keeps up. */
const rowsPerStepMax = 5_000
const stepsMax = 200

/**
 * Removes ids of messages that were handled, and answers to idempotent requests that were given, longer ago than `retentionMs`. A message
 * that comes again after that is judged by the state alone.
 *
 * Ids are UUIDv7, so the old ones stand together at the front of the index: RFC 9562, section 5.7, has 48 bits of milliseconds first.
 * Bounded: at most a million rows of each in one call. @returns how many rows went.
 */
export const forgetHandled = async (pool: Pool, retentionMs: number, now = Date.now()): Promise<number> => {
  const before = new Date(now - retentionMs)
  const hex = before.getTime().toString(16).padStart(12, '0')
  const firstKept = `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
  const inbox = await inSteps(
    pool,
    `DELETE FROM inbox WHERE (id, source) IN
       (SELECT id, source FROM inbox WHERE id < $1::uuid AND handled_at < $2 ORDER BY id LIMIT ${rowsPerStepMax})`,
    [firstKept, before],
  )
  const requests = await inSteps(
    pool,
    `DELETE FROM requests WHERE idempotency_key IN (SELECT idempotency_key FROM requests WHERE at < $1 LIMIT ${rowsPerStepMax})`,
    [before],
  )
  return inbox + requests
}

const inSteps = async (pool: Pool, text: string, values: readonly unknown[]): Promise<number> => {
  let removed = 0
  for (let step = 0; step < stepsMax; step++) {
    const { rowCount } = await pool.query(text, [...values])
    removed += rowCount ?? 0
    if ((rowCount ?? 0) < rowsPerStepMax) break
  }
  return removed
}

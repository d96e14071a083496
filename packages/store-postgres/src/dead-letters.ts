import { type DeadLetter, type Failure, type LetterQuery, restoredLetter, type StoredRecord } from '@shop/messaging/driver'
import type { Pool, PoolClient } from 'pg'

/** Applied after `messagingSchema`. Letters of a failed message hold their key; there are few, so the look-up costs next to nothing. */
export const deadLettersSchema = `
CREATE TABLE dead_letters (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  key text,
  kind text NOT NULL CHECK (kind IN ('undecodable', 'failed', 'held')),
  record json NOT NULL,
  value bytea,
  failure json NOT NULL
);
CREATE INDEX dead_letters_key ON dead_letters (key) WHERE kind <> 'undecodable';
`

/**
 * Applied after `deadLettersSchema` and `messagingSchema`: events are told apart by source and id, and letters may be suspicious. Rows that
 * are there already hold for every source; they have an index of their own, which empties as they are forgotten.
 */
export const doubtSchema = `
ALTER TABLE inbox ADD COLUMN source text NOT NULL DEFAULT '', DROP CONSTRAINT inbox_pkey, ADD PRIMARY KEY (id, source);
CREATE INDEX inbox_of_any_source ON inbox (id) WHERE source = '';
ALTER TABLE dead_letters DROP CONSTRAINT dead_letters_kind_check,
  ADD CHECK (kind IN ('undecodable', 'failed', 'held', 'suspicious'));
DROP INDEX dead_letters_key;
CREATE INDEX dead_letters_key ON dead_letters (key) WHERE kind IN ('failed', 'held');
`

interface Row {
  readonly id: string
  readonly record: StoredRecord
  readonly value: Buffer | null
  readonly failure: Failure
}

const toLetter = ({ id, record, value, failure }: Row): DeadLetter => restoredLetter(id, record, value, failure)

type Queryable = Pick<PoolClient, 'query'>

/** Sets letters aside within the transaction of `client`, as `DeadLetterStore.park` says. */
export const parkLetters = async (client: Queryable, letters: readonly DeadLetter[]): Promise<readonly DeadLetter[]> => {
  const keys = letters.flatMap((l) => l.record.key ?? [])
  // Waits for a replay that is taking the last letter of a key away.
  await client.query(
    `SELECT 1 FROM dead_letters WHERE key = ANY($1::text[]) AND kind IN ('failed', 'held') ORDER BY position FOR UPDATE`,
    [keys],
  )
  for (const { id, record, failure } of letters) {
    const { value, ...rest } = record
    await client.query(
      `INSERT INTO dead_letters (id, key, kind, record, value, failure)
       SELECT $1, $2::text, $3::text, $4, $5, $6
        WHERE $3 <> 'held' OR EXISTS (SELECT FROM dead_letters WHERE key = $2 AND kind IN ('failed', 'held'))
       ON CONFLICT (id) DO NOTHING`,
      [id, record.key, failure.kind, JSON.stringify(rest), value, JSON.stringify(failure)],
    )
  }
  const { rows } = await client.query<Row>(
    'SELECT id, record, value, failure FROM dead_letters WHERE id = ANY($1::text[]) ORDER BY position',
    [letters.map((l) => l.id)],
  )
  return rows.map(toLetter)
}

export const findLetters = async (pool: Pool, { id, key, limit }: LetterQuery): Promise<readonly DeadLetter[]> => {
  const { rows } = await pool.query<Row>(
    `SELECT id, record, value, failure FROM dead_letters
      WHERE ($1::text IS NULL OR id = $1) AND ($2::text IS NULL OR key = $2) ORDER BY position LIMIT $3`,
    [id ?? null, key ?? null, limit],
  )
  return rows.map(toLetter)
}

export const countLetters = async (pool: Pool): Promise<Record<Failure['kind'], number>> => {
  const { rows } = await pool.query<{ kind: Failure['kind']; count: number }>(
    'SELECT kind, count(*)::int AS count FROM dead_letters GROUP BY kind',
  )
  return { undecodable: 0, failed: 0, held: 0, suspicious: 0, ...Object.fromEntries(rows.map((r) => [r.kind, r.count])) }
}

/** @returns false when another one has taken it away. */
export const removeLetter = async (client: Queryable, { id }: DeadLetter): Promise<boolean> =>
  (await client.query('DELETE FROM dead_letters WHERE id = $1', [id])).rowCount === 1

export const updateFailure = async (pool: Pool, { id, failure }: DeadLetter): Promise<void> => {
  await pool.query('UPDATE dead_letters SET failure = $2 WHERE id = $1', [id, JSON.stringify(failure)])
}

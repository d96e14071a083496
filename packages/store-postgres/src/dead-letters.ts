import {
  type DeadLetter,
  distinct,
  type Failure,
  holdsKey,
  type LetterQuery,
  restoredLetter,
  type StoredRecord,
  storedParts,
} from '@shop/messaging/driver'
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
 * Applied after `deadLettersSchema`. `parts` has key and headers as the bytes that they are, where `record` cannot say them. Which kinds
 * there are is the kit's affair.
 */
export const anyBytesSchema = `
ALTER TABLE dead_letters
  DROP CONSTRAINT dead_letters_kind_check,
  ADD COLUMN parts bytea,
  ADD COLUMN holds boolean NOT NULL GENERATED ALWAYS AS (kind IN ('failed', 'held')) STORED;
DROP INDEX dead_letters_key;
CREATE INDEX dead_letters_held ON dead_letters (key) WHERE holds;
CREATE INDEX dead_letters_unsendable ON dead_letters (key) WHERE kind = 'unsendable';
`

interface Row {
  readonly id: string
  readonly record: StoredRecord
  readonly failure: Failure
  readonly value: Buffer | null
  readonly parts: Buffer | null
}

const toLetter = ({ id, record, value, failure, parts }: Row): DeadLetter => restoredLetter(id, record, value, failure, parts)

type Queryable = Pick<PoolClient, 'query'>

/** Values of one statement; a larger one is a statement of its own. They travel as text, which is twice as long. */
const statementBytesMax = 4_000_000
const keyLengthMax = 1_000

/** Sets letters aside within the transaction of `client`, as `DeadLetterStore.park` says. */
export const parkLetters = async (client: Queryable, letters: readonly DeadLetter[]): Promise<readonly DeadLetter[]> => {
  const due = await withoutReleased(client, letters)
  const isNew = new Set<string>()
  for (const some of inStatements(due)) for (const id of await insert(client, some)) isNew.add(id)
  const there = due.flatMap(({ id }) => (isNew.has(id) ? [] : id))
  const stored = there.length === 0 ? new Map<string, Failure>() : await failuresOf(client, there)
  // An id tells what its record is, so what is stored under it is this one.
  return due.map((letter) => ({ ...letter, failure: stored.get(letter.id) ?? letter.failure }))
}

const failuresOf = async (client: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, Failure>> => {
  const { rows } = await client.query<Pick<Row, 'id' | 'failure'>>(
    'SELECT id, failure FROM dead_letters WHERE id = ANY($1::text[])',
    [ids],
  )
  return new Map(rows.map(({ id, failure }) => [id, failure]))
}

/** Leaves out those that were to wait behind a letter which is gone. */
const withoutReleased = async (client: Queryable, letters: readonly DeadLetter[]): Promise<readonly DeadLetter[]> => {
  const keys = distinct(letters.flatMap((l) => (holdsKey(l) && l.record.key !== null ? [l.record.key] : [])))
  if (keys.length === 0) return letters
  // Waits for a replay that is taking the last letter of a key away.
  const { rows } = await client.query<{ key: string }>(
    'SELECT key FROM dead_letters WHERE key = ANY($1::text[]) AND holds ORDER BY position FOR UPDATE',
    [keys],
  )
  const held = new Set(rows.map((r) => r.key))
  return letters.filter((letter) => {
    const key = letter.record.key ?? ''
    if (letter.failure.kind === 'held' && !held.has(key)) return false
    if (holdsKey(letter)) held.add(key)
    return true
  })
}

/** @returns the ids of those that were not there yet. */
const insert = async (client: Queryable, letters: readonly StoredLetter[]): Promise<readonly string[]> => {
  const { rows } = await client.query<Pick<Row, 'id'>>(
    `INSERT INTO dead_letters (id, key, kind, record, value, parts, failure)
     SELECT id, key, kind, record, value, parts, failure
       FROM unnest($1::text[], $2::text[], $3::text[], $4::json[], $5::bytea[], $6::bytea[], $7::json[])
         WITH ORDINALITY AS t(id, key, kind, record, value, parts, failure, n) ORDER BY n
     ON CONFLICT (id) DO NOTHING RETURNING id`,
    [
      letters.map((l) => l.id),
      letters.map((l) => l.key),
      letters.map((l) => l.kind),
      letters.map((l) => l.record),
      letters.map((l) => l.value),
      letters.map((l) => l.parts),
      letters.map((l) => l.failure),
    ],
  )
  return rows.map((r) => r.id)
}

interface StoredLetter {
  readonly id: string
  readonly key: string | null
  readonly kind: string
  readonly record: string
  readonly value: Buffer | null
  readonly parts: Buffer | null
  readonly failure: string
}

const toStored = ({ id, record, failure }: DeadLetter): StoredLetter => ({
  id,
  key: record.key?.replaceAll('\0', '\\x00').slice(0, keyLengthMax).toWellFormed() ?? null,
  kind: failure.kind,
  ...storedParts(record),
  value: record.value,
  failure: JSON.stringify(failure),
})

const inStatements = (letters: readonly DeadLetter[]): readonly (readonly StoredLetter[])[] => {
  const statements: StoredLetter[][] = []
  let room = 0
  for (const letter of letters.map(toStored)) {
    const bytes = (letter.value?.length ?? 0) + (letter.parts?.length ?? 0) + letter.record.length
    const last = statements.at(-1)
    if (last === undefined || bytes > room) {
      statements.push([letter])
      room = statementBytesMax
    } else last.push(letter)
    room -= bytes
  }
  return statements
}

export const findLetters = async (
  pool: Pool,
  { id, key, kind, limit, brief = false }: LetterQuery,
): Promise<readonly DeadLetter[]> => {
  const { rows } = await pool.query<Row>(
    `SELECT id, record, failure, ${brief ? 'NULL::bytea AS value, NULL::bytea AS parts' : 'value, parts'} FROM dead_letters
      WHERE ($1::text IS NULL OR id = $1) AND ($2::text IS NULL OR key = $2) AND ($3::text IS NULL OR kind = $3)
      ORDER BY position LIMIT $4`,
    [id ?? null, key ?? null, kind ?? null, limit],
  )
  return rows.map(toLetter)
}

export const countLetters = async (pool: Pool): Promise<Record<Failure['kind'], number>> => {
  const { rows } = await pool.query<{ kind: Failure['kind']; count: number }>(
    'SELECT kind, count(*)::int AS count FROM dead_letters GROUP BY kind',
  )
  const none = { undecodable: 0, failed: 0, held: 0, suspicious: 0, unsendable: 0 }
  return { ...none, ...Object.fromEntries(rows.map((r) => [r.kind, r.count])) }
}

/** @returns false when another one has taken it away. */
export const removeLetter = async (client: Queryable, { id }: DeadLetter): Promise<boolean> =>
  (await client.query('DELETE FROM dead_letters WHERE id = $1', [id])).rowCount === 1

export const updateFailure = async (pool: Pool, { id, failure }: DeadLetter): Promise<void> => {
  await pool.query('UPDATE dead_letters SET failure = $2 WHERE id = $1', [id, JSON.stringify(failure)])
}

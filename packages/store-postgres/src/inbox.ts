import { handledAs, isHandled, type Message, notYetHandled, type Suspicious } from '@shop/messaging/driver'
import type { PoolClient } from 'pg'

/**
 * Applied after `messagingSchema`: events are told apart by source and id. Rows that are there already hold for every source; they have an
 * index of their own, which empties as they are forgotten.
 */
export const sourcesSchema = `
ALTER TABLE inbox ADD COLUMN source text NOT NULL DEFAULT '', DROP CONSTRAINT inbox_pkey, ADD PRIMARY KEY (id, source);
CREATE INDEX inbox_of_any_source ON inbox (id) WHERE source = '';
`

const insert = {
  name: 'inbox-insert',
  // Sorted, so that two transactions with the same ids wait for each other instead of deadlocking. Messages of held keys are left out, and
  // those handled before sources were kept: of these there is an index of their own, which is empty where there never were any.
  text: `INSERT INTO inbox (id, source) SELECT id, source FROM unnest($1::uuid[], $2::text[], $3::text[]) AS t(id, source, key)
          WHERE NOT EXISTS (SELECT FROM dead_letters AS l WHERE l.key = t.key AND l.holds)
            AND NOT EXISTS (SELECT FROM inbox AS i WHERE i.id = t.id AND i.source = '')
          ORDER BY id, source ON CONFLICT DO NOTHING`,
}

interface Row {
  readonly id: string
  readonly source: string
}

type Named = Pick<Message, 'id' | 'source'>

/** Which of the messages this very transaction has inserted, and which were there before. */
const inserted = 'SELECT id, source, xmin = pg_current_xact_id()::xid AS fresh FROM inbox WHERE id = ANY($1::uuid[])'

/** As a message is known by: no source is stored as an empty one. */
const asHandled = ({ id, source }: Row): string => handledAs({ id, source: source === '' ? undefined : source })
const idsOf = (messages: readonly Named[]) => messages.map((m) => m.id)
const sourcesOf = (messages: readonly Named[]) => messages.map((m) => m.source ?? '')

export interface Taken {
  /** Each once, in the order of the batch. */
  readonly fresh: readonly Message[]
  readonly held: readonly Message[]
}

/** Notes the messages as handled, within the transaction of `client`, but for those that are there already or whose key is held. */
export const takeIn = async (client: PoolClient, batch: readonly Message[]): Promise<Taken> => {
  const unique = notYetHandled(batch, new Set())
  const { rowCount } = await client.query({
    ...insert,
    values: [idsOf(unique), sourcesOf(unique), unique.map((m) => m.key)],
  })
  return rowCount === unique.length ? { fresh: unique, held: [] } : await sortInserted(client, unique)
}

/** What was not inserted is either handled already or held. */
const sortInserted = async (client: PoolClient, unique: readonly Message[]): Promise<Taken> => {
  const { rows } = await client.query<Row & { readonly fresh: boolean }>(inserted, [idsOf(unique)])
  const isFresh = new Set(rows.filter((row) => row.fresh).map(asHandled))
  const handled = new Set(rows.filter((row) => !row.fresh).map(asHandled))
  const fresh = unique.filter((m) => isFresh.has(handledAs(m)))
  return { fresh, held: unique.filter((m) => !isFresh.has(handledAs(m)) && !isHandled(handled, m)) }
}

/** @returns false when it had been handled before. */
export const takeInOne = async (client: PoolClient, { id, source = '' }: Named): Promise<boolean> => {
  const text = `INSERT INTO inbox (id, source) SELECT $1::uuid, $2::text
    WHERE NOT EXISTS (SELECT FROM inbox WHERE id = $1 AND source = '') ON CONFLICT DO NOTHING`
  return (await client.query(text, [id, source])).rowCount === 1
}

/** What was doubted counts as not handled. */
export const letGo = async (client: PoolClient, suspicious: readonly Suspicious[]): Promise<void> => {
  if (suspicious.length === 0) return
  const messages = suspicious.map((s) => s.message)
  const text =
    'DELETE FROM inbox USING unnest($1::uuid[], $2::text[]) AS t(id, source) WHERE inbox.id = t.id AND inbox.source = t.source'
  await client.query(text, [idsOf(messages), sourcesOf(messages)])
}

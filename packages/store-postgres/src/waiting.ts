import type { Arrivals, Doubted, Message, Needs } from '@shop/messaging/driver'
import { handledAs, noArrivals } from '@shop/messaging/driver'
import type { PoolClient } from 'pg'

/**
 * For a service in which messages wait for others: one row per key and needed type, for as long as the service's own state. `waiting`
 * holds the messages that miss this type, as a list of them whole.
 */
export const waitingSchema = `
CREATE TABLE arrivals (
  key uuid NOT NULL,
  type text NOT NULL,
  arrived boolean NOT NULL,
  waiting json NOT NULL DEFAULT '[]',
  PRIMARY KEY (key, type)
);
`

/**
 * Sent right behind the insert into the inbox, so it asks the inbox itself which messages are fresh: those whose id this very transaction
 * has inserted. Each row is inserted or locked, in the order of the keys: two transactions, of which one brings what the other one's
 * message needs, wait for each other here, and the later one sees what the earlier one has written. That holds for a row which the
 * snapshot does not show, too: ON CONFLICT DO UPDATE goes by the row's latest version. A row that has arrived is locked, not written.
 */
const open = {
  name: 'arrivals-open',
  text: `INSERT INTO arrivals (key, type, arrived)
         SELECT key, type, bool_or(brings)
           FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::boolean[]) AS t(id, source, key, type, brings)
          WHERE EXISTS (SELECT FROM inbox AS i WHERE i.id = t.id AND i.source = t.source AND i.xmin = pg_current_xact_id()::xid)
          GROUP BY key, type ORDER BY key, type
         ON CONFLICT (key, type) DO UPDATE SET arrived = excluded.arrived WHERE NOT arrivals.arrived
         RETURNING key, type, waiting`,
}
const save = {
  name: 'arrivals-save',
  text: `UPDATE arrivals AS a SET waiting = c.waiting FROM unnest($1::uuid[], $2::text[], $3::json[]) AS c(key, type, waiting)
          WHERE a.key = c.key AND a.type = c.type`,
}

/** What had not arrived before this transaction. */
interface Row {
  readonly key: string
  readonly type: string
  readonly waiting: readonly Message[]
}

/** The arrivals of a batch's keys, locked until the transaction ends. */
export interface OpenArrivals {
  /** What is kept of a key, as far as fresh messages of the batch are concerned. */
  of(key: string): Arrivals
  /** Writes what is to be kept; nothing when nothing waits. */
  save(changed: ReadonlyMap<string, Arrivals>): Promise<void>
}

const nothingOpen: OpenArrivals = { of: () => noArrivals, save: async () => {} }

/** @param doubted those with which nothing arrives. */
export const openArrivals = async (
  client: PoolClient,
  messages: readonly Message[],
  needs: Needs,
  doubted: Doubted,
): Promise<OpenArrivals> => {
  const brings = (m: Message, type: string): boolean => type === m.type && !doubted.has(handledAs(m))
  const asked = messages.flatMap((m) => [...needs.concerning(m.type)].map((type) => ({ ...m, type, brings: brings(m, type) })))
  if (asked.length === 0) return nothingOpen
  const { rows } = await client.query<Row>({
    ...open,
    values: [
      asked.map((a) => a.id),
      asked.map((a) => a.source ?? ''),
      asked.map((a) => a.key),
      asked.map((a) => a.type),
      asked.map((a) => a.brings),
    ],
  })
  const types = [...new Set(asked.map((a) => a.type))]
  const missing = Map.groupBy(rows, (row) => row.key)
  return {
    of: (key) => {
      const absent = missing.get(key) ?? []
      return {
        arrived: types.filter((type) => !absent.some((row) => row.type === type)),
        waiting: absent.flatMap((row) => row.waiting),
      }
    },
    save: async (changed) => {
      const written = rows.flatMap(({ key, type, waiting: before }) => {
        const { arrived, waiting } = changed.get(key) ?? noArrivals
        const after = waiting.filter((m) => needs.missing(m.type, arrived) === type)
        return !changed.has(key) || after.length === before.length ? [] : [{ key, type, after }]
      })
      if (written.length === 0) return
      await client.query({
        ...save,
        values: [written.map((w) => w.key), written.map((w) => w.type), written.map((w) => JSON.stringify(w.after))],
      })
    },
  }
}

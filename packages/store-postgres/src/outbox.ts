import type { Backlog, Stored } from '@shop/messaging/driver'
import { type Message, optionalParts } from '@shop/messaging/driver'
import type { Pool, PoolClient } from 'pg'

const append = {
  name: 'outbox-append',
  // Each array keeps its order, so positions follow the order in which the messages were told. JSON comes as one text: in an array of texts
  // the driver would escape each quotation mark, and the server undo it.
  text: `INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload, headers, stored_at)
         SELECT id, $1, key, type, payload, headers, at
           FROM ROWS FROM (unnest($2::uuid[]), unnest($3::uuid[]), unnest($4::text[]), json_array_elements($5::json),
                           json_array_elements($6::json), unnest($7::timestamptz[]))
             WITH ORDINALITY AS t(id, key, type, payload, headers, at, n) ORDER BY n`,
}
const oldest = {
  name: 'outbox-oldest',
  text: `SELECT position, id, aggregateid AS key, type, payload, headers, stored_at AS at FROM outbox ORDER BY position LIMIT $1`,
}
const oldestOfOthers = {
  name: 'outbox-oldest-of-others',
  text: `SELECT position, id, aggregateid AS key, type, payload, headers, stored_at AS at FROM outbox
          WHERE aggregateid <> ALL($2::uuid[]) ORDER BY position LIMIT $1`,
}
const blocked = `SELECT DISTINCT key FROM dead_letters WHERE kind = 'unsendable'`
/** While there are any: another process may have let one go. */
const blockedIntervalMs = 1_000

const remove = { name: 'outbox-remove', text: 'DELETE FROM outbox WHERE position = ANY($1::bigint[])' }

/** Of the service's own database. */
const channel = 'outbox_stored'

/** The relay asks far more often than this; a process that is paused for longer loses the lock to another one. */
const leaderIdleMsMax = 5_000

export interface OutboxRow {
  position: string
  id: string
  key: string
  type: string
  payload: unknown
  headers: { correlationId: string; causationId?: string; traceparent?: string }
  at: Date
}

/** Where a store puts what is to be told, and what a relay asks of it. */
export interface Outbox {
  append(client: PoolClient, messages: readonly Message[]): Promise<void>
  announce(): void
  pending(limit: number): Promise<readonly Stored[]>
  lookForBlocked(): void
  forget(sent: readonly Stored[]): Promise<void>
  backlog(): Promise<Backlog>
  close(): Promise<void>
}

/** The outbox table, and the advisory lock that makes one process of the service its relay. */
export class PostgresOutbox implements Outbox {
  readonly #pool: Pool
  readonly #service: string
  /** The session that holds the lock; reading through it means that a lost connection stops the relaying as well. */
  #leader: PoolClient | undefined
  readonly #onAnnounced: () => void
  #announcing = false
  #announceAgain = false
  /** Keys whose oldest message the broker does not take. */
  #blocked: readonly string[] = []
  #blockedAt = Number.NEGATIVE_INFINITY

  /** @param onAnnounced called when this process is the relay and another one has stored something. */
  constructor(pool: Pool, service: string, onAnnounced: () => void) {
    this.#pool = pool
    this.#service = service
    this.#onAnnounced = onAnnounced
  }

  /** Stores messages within the transaction of `client`. */
  async append(client: PoolClient, messages: readonly Message[]): Promise<void> {
    const headers = messages.map(({ correlationId, causationId, traceparent }) => ({ correlationId, causationId, traceparent }))
    await client.query({
      ...append,
      values: [
        this.#service,
        messages.map((m) => m.id),
        messages.map((m) => m.key),
        messages.map((m) => m.type),
        JSON.stringify(messages.map((m) => m.data)),
        JSON.stringify(headers),
        messages.map((m) => m.at),
      ],
    })
  }

  /**
   * Wakes the relay when it is another process. To be called after the commit: with NOTIFY inside them, commits wait for each other. One is
   * under way at a time; when it fails, the relay's next poll finds what was stored.
   */
  announce(): void {
    if (this.#leader) return
    this.#announceAgain = this.#announcing
    if (this.#announcing) return
    this.#announcing = true
    this.#pool
      .query(`NOTIFY ${channel}`)
      .catch(() => {})
      .finally(() => {
        this.#announcing = false
        if (this.#announceAgain) this.announce()
      })
  }

  /** The oldest stored messages while this process is the relay, else none. */
  async pending(limit: number): Promise<readonly Stored[]> {
    const leader = await this.#lead()
    if (!leader) return []
    try {
      await this.#findBlocked(leader)
      const query =
        this.#blocked.length === 0 ? { ...oldest, values: [limit] } : { ...oldestOfOthers, values: [limit, this.#blocked] }
      const { rows } = await leader.query<OutboxRow>(query)
      return rows.map((row) => ({ message: toMessage(row), at: row.position }))
    } catch (error) {
      this.#resign(error as Error)
      throw error
    }
  }

  /** Says that a letter of an outgoing message came or went in this process. */
  lookForBlocked(): void {
    this.#blockedAt = Number.NEGATIVE_INFINITY
  }

  /** Asks nothing while there are none: a message becomes unsendable in the process that relays. */
  async #findBlocked(leader: PoolClient): Promise<void> {
    const now = performance.now()
    const isKnown = this.#blockedAt > Number.NEGATIVE_INFINITY && this.#blocked.length === 0
    if (isKnown || now - this.#blockedAt < blockedIntervalMs) return
    this.#blocked = (await leader.query<{ key: string }>(blocked)).rows.map((row) => row.key)
    this.#blockedAt = now
  }

  async forget(sent: readonly Stored[]): Promise<void> {
    await this.#pool.query({ ...remove, values: [sent.map((s) => s.at)] })
  }

  backlog(): Promise<Backlog> {
    return backlogIn(this.#pool)
  }

  async #lead(): Promise<PoolClient | undefined> {
    if (this.#leader) return this.#leader
    const client = await this.#pool.connect()
    try {
      await client.query(`SET idle_session_timeout = '${leaderIdleMsMax}ms'`)
      const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked', [
        `relay:${this.#service}`,
      ])
      if (!rows[0]?.locked) {
        await client.query('RESET idle_session_timeout')
        client.release()
        return undefined
      }
      await client.query(`LISTEN ${channel}`)
    } catch (error) {
      client.release(error as Error)
      throw error
    }
    client.on('error', (error) => this.#resign(error))
    client.on('notification', this.#onAnnounced)
    this.#leader = client
    this.lookForBlocked()
    return client
  }

  /** The session is thrown away rather than returned to the pool: that is what frees the lock. */
  #resign(reason: Error | true): void {
    const leader = this.#leader
    this.#leader = undefined
    leader?.release(reason)
  }

  async close(): Promise<void> {
    this.#resign(true)
  }
}

export const toMessage = ({ id, type, key, at, headers, payload }: OutboxRow): Message => ({
  id,
  type,
  key,
  at: at.toISOString(),
  correlationId: headers.correlationId,
  ...optionalParts(headers),
  data: payload,
})

export const backlogIn = async (pool: Pool): Promise<Backlog> => {
  const { rows } = await pool.query<{ count: number; oldest_ms: number }>(
    `SELECT count(*)::int AS count, coalesce(extract(epoch FROM clock_timestamp() - min(stored_at)) * 1000, 0)::float8 AS oldest_ms FROM outbox`,
  )
  return { count: rows[0]?.count ?? 0, oldestMs: Math.max(0, rows[0]?.oldest_ms ?? 0) }
}

import { type Catalogue, encode } from '@shop/messaging'
import type { Backlog, Message, Stored } from '@shop/messaging/driver'
import type { Pool, PoolClient } from 'pg'
import { backlogIn, type Outbox, type OutboxRow, toMessage } from './outbox.ts'
import { type SlotState, type SlotWatch, watchSlot } from './slot-watch.ts'

/** What a connector knows the outbox's messages by, among all that is in the log. */
const prefix = 'outbox'

/**
 * Nothing is written past a slot that is not there or has lost its place: nobody would read it. A message is in the log with the
 * transaction that writes it, and nowhere else.
 */
const append = {
  name: 'log-outbox-append',
  text: `SELECT count(pg_logical_emit_message(true, '${prefix}', told))::int AS count
           FROM (SELECT told FROM unnest($1::text[]) WITH ORDINALITY AS t(told, n) ORDER BY n) AS ordered
          WHERE EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $2 AND coalesce(wal_status, '') <> 'lost')`,
}

const takeOver = `
  DELETE FROM outbox WHERE position IN
    (SELECT position FROM outbox WHERE NOT EXISTS
       (SELECT FROM dead_letters AS l WHERE l.kind = 'unsendable' AND l.key = aggregateid::text) ORDER BY position LIMIT $1)
  RETURNING position, id, aggregateid AS key, type, payload, headers, stored_at AS at`
const rowsPerStepMax = 1_000
/** What a topic takes by default is 1,048,588 bytes; one record that it refuses would stop the connector for all. */
const recordBytesMax = 1_000_000

/** As PostgreSQL would say it, so that the messages wait until there is a slot again. */
class NoSlot extends Error {
  override readonly name = 'NoSlot'
  readonly code = '55000'
}

/**
 * The outbox in PostgreSQL's log, for a connector that reads the log (change data capture) instead of a relay: what is told becomes logical
 * messages of the transaction, one for each record, as JSON with `topic`, `key`, `value` and each header as texts. There is no table to
 * write, to index, to delete from or to vacuum; `pending` is always empty.
 */
export class LogOutbox implements Outbox {
  readonly #pool: Pool
  readonly #slot: string
  readonly #catalogue: Catalogue
  #watch: SlotWatch | undefined

  /** @param service names the slot, `shop_<service>`. */
  constructor(pool: Pool, service: string, catalogue: Catalogue) {
    this.#pool = pool
    this.#slot = `shop_${service.replaceAll('-', '_')}`
    this.#catalogue = catalogue
  }

  /**
   * Takes over what a relay has left in the outbox's table, and begins to watch the slot. To be called before the first message.
   * @throws when there is no slot; call it again then.
   */
  async begin(): Promise<void> {
    await this.#takeOver()
    this.#watch ??= await watchSlot(this.#pool, this.#slot)
  }

  async append(client: PoolClient, messages: readonly Message[]): Promise<void> {
    const told = messages.map((message) => asText(message, this.#catalogue))
    const { rows } = await client.query<{ count: number }>({ ...append, values: [told, this.#slot] })
    if (rows[0]?.count !== messages.length)
      throw new NoSlot(`there is no replication slot ${this.#slot} that keeps what is told, or it has lost its place`)
  }

  async #takeOver(): Promise<void> {
    for (;;) {
      const client = await this.#pool.connect()
      let broken: Error | undefined
      try {
        await client.query('BEGIN')
        const { rows } = await client.query<OutboxRow>(takeOver, [rowsPerStepMax])
        const inOrder = rows.sort((a, b) => Number(a.position) - Number(b.position))
        await this.append(client, inOrder.map(toMessage))
        await client.query('COMMIT')
        if (rows.length < rowsPerStepMax) return
      } catch (error) {
        await client.query('ROLLBACK').catch((rollbackError: Error) => {
          broken = rollbackError
        })
        throw error
      } finally {
        client.release(broken)
      }
    }
  }

  /** A letter of an outgoing message went: what it held back is still in the table. */
  lookForBlocked(): void {
    this.#takeOver().catch(() => {})
  }

  announce(): void {}

  async pending(): Promise<readonly Stored[]> {
    return []
  }

  async forget(): Promise<void> {}

  /** Of the table alone; what is in the log has no count, see `state`. */
  backlog(): Promise<Backlog> {
    return backlogIn(this.#pool)
  }

  /** How far the connector is behind. @throws while the database is away */
  state(): Promise<SlotState> {
    if (this.#watch === undefined) throw new Error('not begun')
    return this.#watch.state()
  }

  /** As of a relay: since when nothing goes on, and why. */
  standstill(): ReturnType<SlotWatch['standstill']> {
    return this.#watch?.standstill()
  }

  async close(): Promise<void> {
    await this.#watch?.stop()
  }
}

/** @throws Error for one that the broker would refuse: its transaction fails, not the connector */
const asText = (message: Message, catalogue: Catalogue): string => {
  const { topic, key, value, headers } = encode(message, catalogue)
  const text = JSON.stringify({ topic, key, value, ...headers })
  const bytes = Buffer.byteLength(text)
  if (bytes > recordBytesMax)
    throw new Error(`a message for ${topic} has ${bytes} bytes, more than ${recordBytesMax} that a topic takes`)
  return text
}

/**
 * A participant's side of the protocol, on PostgreSQL: local statements, then `PREPARE TRANSACTION`. From its yes on a participant has given away
 * the right to decide: the transaction and its locks stay, through restarts too, until somebody says commit or rollback.
 */
import { messageOf } from '@shop/service-host'
import type { Pool, PoolClient } from 'pg'

/** Local statements of one order. @returns why it refuses; `undefined`: it could do all of it. */
export type Work<Purchase> = (client: PoolClient, purchase: Purchase) => Promise<string | undefined>

export type Vote = { readonly vote: 'yes' } | { readonly vote: 'no'; readonly reason: string }

/** An order of which this participant does not know the outcome. */
export interface InDoubt {
  readonly orderId: string
  /** ISO 8601: since then its rows are locked. */
  readonly preparedAt: string
}

/** Carried out as told; `damaged`: an operator has decided otherwise before, here, so the participants disagree. */
export type Carried = 'done' | 'damaged'

/** Carried out in the participant's own database, in the transaction itself: whether a lost transaction was committed is seen by its row. */
export const participantSchema = `
CREATE TABLE IF NOT EXISTS transactions (
  order_id uuid PRIMARY KEY,
  outcome text NOT NULL CHECK (outcome IN ('commit', 'rollback')),
  decided_by text NOT NULL DEFAULT 'coordinator' CHECK (decided_by IN ('coordinator', 'operator')),
  at timestamptz NOT NULL DEFAULT now()
)`

/** Longer than an order holds a row when all goes well, shorter than a client waits. */
const lockMsMax = 5_000
/** SQLSTATE: no such prepared transaction; a lock was not to be had in time. */
const unknownTransaction = '42704'
const lockNotAvailable = '55P03'
/** Orders in doubt that are told of at once. */
const inDoubtMax = 1_000

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code

export class Prepared<Purchase extends { readonly orderId: string }> {
  readonly #name: string
  readonly #working: Pool
  readonly #ending: Pool
  readonly #work: Work<Purchase>

  /** @param ending a pool of its own: orders that wait for the locks of a prepared one would else keep that one from ending. */
  constructor(name: string, pools: { readonly working: Pool; readonly ending: Pool }, work: Work<Purchase>) {
    this.#name = name
    this.#working = pools.working
    this.#ending = pools.ending
    this.#work = work
  }

  /** The transaction's name: unlike all others of the server, whose databases share them. */
  #gid(orderId: string): string {
    return `'${this.#name}:${orderId.replaceAll("'", '')}'`
  }

  /** Phase one. A yes is durable before it is said; after a no nothing is left. */
  async prepare(purchase: Purchase): Promise<Vote> {
    const client = await this.#working.connect()
    let broken: Error | undefined
    try {
      await client.query('BEGIN')
      await client.query(`SET LOCAL lock_timeout = ${lockMsMax}`)
      const reason = await this.#work(client, purchase)
      if (reason === undefined) {
        await client.query(`INSERT INTO transactions (order_id, outcome) VALUES ($1, 'commit')`, [purchase.orderId])
        await client.query(`PREPARE TRANSACTION ${this.#gid(purchase.orderId)}`)
        return { vote: 'yes' }
      }
      await client.query('ROLLBACK')
      return { vote: 'no', reason }
    } catch (error) {
      await client.query('ROLLBACK').catch((rollbackError: Error) => {
        broken = rollbackError
      })
      if (codeOf(error) === lockNotAvailable) return { vote: 'no', reason: 'busy' }
      throw error
    } finally {
      client.release(broken)
    }
  }

  /** Phase two, as often as it is told. @throws when the database does not do it now: it has to be told again, it may not refuse any more. */
  async end(orderId: string, outcome: 'commit' | 'rollback'): Promise<Carried> {
    if (await this.#endPrepared(orderId, outcome)) return 'done'
    const { rows } = await this.#ending.query<{ outcome: string }>('SELECT outcome FROM transactions WHERE order_id = $1', [
      orderId,
    ])
    return (rows[0]?.outcome ?? 'rollback') === outcome ? 'done' : 'damaged'
  }

  async #endPrepared(orderId: string, outcome: 'commit' | 'rollback'): Promise<boolean> {
    try {
      await this.#ending.query(`${outcome === 'commit' ? 'COMMIT' : 'ROLLBACK'} PREPARED ${this.#gid(orderId)}`)
      return true
    } catch (error) {
      if (codeOf(error) === unknownTransaction) return false
      throw error
    }
  }

  /** An operator's word instead of the coordinator's, which is remembered. @returns false when nothing is in doubt here. */
  async resolve(orderId: string, outcome: 'commit' | 'rollback'): Promise<boolean> {
    if (!(await this.#endPrepared(orderId, outcome))) return false
    await this.#ending.query(
      `INSERT INTO transactions (order_id, outcome, decided_by) VALUES ($1, $2, 'operator')
         ON CONFLICT (order_id) DO UPDATE SET decided_by = 'operator'`,
      [orderId, outcome],
    )
    return true
  }

  /** The oldest first. */
  async inDoubt(): Promise<readonly InDoubt[]> {
    const { rows } = await this.#ending.query<{ gid: string; prepared: Date }>(
      `SELECT gid, prepared FROM pg_prepared_xacts WHERE database = current_database() AND gid LIKE $1 ORDER BY prepared LIMIT $2`,
      [`${this.#name}:%`, inDoubtMax],
    )
    return rows.map(({ gid, prepared }) => ({ orderId: gid.slice(this.#name.length + 1), preparedAt: prepared.toISOString() }))
  }
}

/** @throws Error saying why this database cannot take part. */
export const requirePreparing = async (pool: Pool): Promise<void> => {
  const { rows } = await pool.query<{ max_prepared_transactions: string }>('SHOW max_prepared_transactions').catch((error) => {
    throw new Error(`the database cannot be reached: ${messageOf(error)}`, { cause: error })
  })
  if (Number(rows[0]?.max_prepared_transactions) > 0) return
  throw new Error('the server prepares no transactions: set max_prepared_transactions, for example to 200, and start it again')
}

import type {
  Backlog,
  DeadLetter,
  LetterQuery,
  Message,
  MessageStore,
  NeedsByType,
  Outcome,
  React,
  Stored,
} from '@shop/messaging/driver'
import { arrange, Needs, notYetHandled } from '@shop/messaging/driver'
import type { Pool, PoolClient } from 'pg'
import { countLetters, findLetters, parkLetters, removeLetter, updateFailure } from './dead-letters.ts'
import { PostgresOutbox } from './outbox.ts'
import { isStaleSession, isTransientPostgresError } from './transient.ts'
import { type OpenArrivals, openArrivals } from './waiting.ts'

const insertInbox = {
  name: 'inbox-insert',
  // Sorted, so that two transactions with the same ids wait for each other instead of deadlocking. Messages of held keys are left out.
  text: `INSERT INTO inbox (id) SELECT id FROM unnest($1::uuid[], $2::text[]) AS t(id, key)
          WHERE NOT EXISTS (SELECT FROM dead_letters AS l WHERE l.key = t.key AND l.holds)
          ORDER BY id ON CONFLICT DO NOTHING RETURNING id`,
}

/** What a transaction does, and what is told of it. */
type Change<R> = (client: PoolClient) => Promise<{ readonly result: R; readonly emit: readonly Message[] }>

/**
 * The contract on PostgreSQL: one transaction over the service's tables, `inbox` and `outbox`. `Work` is the transaction's client.
 * `react` locks the rows that it decides on: that also serialises the messages of one key, and with them their positions in the outbox.
 */
export class PostgresMessageStore implements MessageStore<PoolClient> {
  readonly #pool: Pool
  readonly #outbox: PostgresOutbox
  #listener: () => void = () => {}
  #needs = new Needs()

  /** @param service names the outbox's `aggregatetype`, and the lock that makes one process the relay. */
  constructor(pool: Pool, service: string) {
    this.#pool = pool
    this.#outbox = new PostgresOutbox(pool, service, () => this.#listener())
  }

  waitFor(needs: NeedsByType): void {
    this.#needs = new Needs(needs)
  }

  async handleOnce(batch: readonly Message[], react: React<PoolClient>): Promise<Outcome> {
    if (batch.length === 0) return { handled: 0, duplicates: 0, held: [] }
    return await this.transaction(async (client) => {
      const unique = notYetHandled(batch, new Set())
      const [{ rows }, arrivals] = await Promise.all([
        client.query<{ id: string }>({ ...insertInbox, values: [unique.map((m) => m.id), unique.map((m) => m.key)] }),
        openArrivals(client, unique, this.#needs),
      ])
      const { fresh, held } =
        rows.length === unique.length ? { fresh: unique, held: [] } : await sortInserted(client, unique, rows)
      const emit = await this.#carryOut(client, fresh, arrivals, react)
      return { result: { handled: fresh.length, duplicates: batch.length - fresh.length - held.length, held }, emit }
    })
  }

  /** Hands over what is due, and keeps what has to wait. @returns what is to be told. */
  async #carryOut(
    client: PoolClient,
    fresh: readonly Message[],
    opened: OpenArrivals,
    react: React<PoolClient>,
  ): Promise<readonly Message[]> {
    const { due, arrivals } = arrange(fresh, this.#needs, opened.of)
    // Before, not beside: were it to fail alone, the reactions would go on with a client that is no longer theirs.
    await opened.save(arrivals)
    return due.length === 0 ? [] : await react(client, due)
  }

  async park(letters: readonly DeadLetter[]): Promise<readonly DeadLetter[]> {
    const parked = await this.transaction(async (client) => ({ result: await parkLetters(client, letters), emit: [] }))
    if (parked.some(({ failure }) => failure.kind === 'unsendable')) this.#outbox.lookForBlocked()
    return parked
  }

  async handleParked(letter: DeadLetter, message: Message, react: React<PoolClient>): Promise<Outcome> {
    return await this.transaction(async (client) => {
      const isFresh = (await removeLetter(client, letter)) && (await handledNow(client, message.id))
      const fresh = isFresh ? [message] : []
      const emit = await this.#carryOut(client, fresh, await openArrivals(client, fresh, this.#needs), react)
      return { result: { handled: isFresh ? 1 : 0, duplicates: isFresh ? 0 : 1, held: [] }, emit }
    })
  }

  async discard(letter: DeadLetter): Promise<void> {
    await this.transaction(async (client) => {
      await removeLetter(client, letter)
      const { kind, eventId } = letter.failure
      // Of a record that could not be decoded, not even the id is to be trusted.
      if (eventId !== undefined && kind !== 'undecodable') await handledNow(client, eventId)
      return { result: undefined, emit: [] }
    })
  }

  async release(letter: DeadLetter): Promise<void> {
    await removeLetter(this.#pool, letter)
    this.#outbox.lookForBlocked()
    this.#listener()
    this.#outbox.announce()
  }

  letters(query: LetterQuery): Promise<readonly DeadLetter[]> {
    return findLetters(this.#pool, query)
  }

  letterCounts() {
    return countLetters(this.#pool)
  }

  failedAgain(letter: DeadLetter): Promise<void> {
    return updateFailure(this.#pool, letter)
  }

  /**
   * Runs `change` in one transaction and stores what it emits with it. It runs again, in another session, when the one that it had was
   * stale (a table was altered under its prepared statements). @throws what `change` throws, after rolling back.
   */
  async transaction<R>(change: Change<R>): Promise<R> {
    for (let staleSessions = 0; ; staleSessions++) {
      try {
        return await this.#transactionOnce(change)
      } catch (error) {
        // Each stale session has left the pool; there are no more of them than the pool has places.
        if (!isStaleSession(error) || staleSessions > (this.#pool.options.max ?? 10)) throw error
      }
    }
  }

  async #transactionOnce<R>(change: Change<R>): Promise<R> {
    const client = await this.#pool.connect()
    let broken: Error | undefined
    const onError = (error: Error) => {
      broken = error
    }
    client.on('error', onError)
    try {
      await client.query('BEGIN')
      const { result, emit } = await change(client)
      if (emit.length > 0) await this.#outbox.append(client, emit)
      await client.query('COMMIT')
      if (emit.length > 0) {
        this.#listener()
        this.#outbox.announce()
      }
      return result
    } catch (error) {
      // A connection on which even ROLLBACK fails is thrown away by the pool, and its transaction with it.
      await client.query('ROLLBACK').catch((rollbackError: Error) => {
        broken = rollbackError
      })
      if (isStaleSession(error)) broken = error as Error
      throw error
    } finally {
      client.off('error', onError)
      client.release(broken)
    }
  }

  pending(limit: number): Promise<readonly Stored[]> {
    return this.#outbox.pending(limit)
  }

  forget(sent: readonly Stored[]): Promise<void> {
    return this.#outbox.forget(sent)
  }

  backlog(): Promise<Backlog> {
    return this.#outbox.backlog()
  }

  onStored(listener: () => void): void {
    this.#listener = listener
  }

  isTransient(error: unknown): boolean {
    return isTransientPostgresError(error)
  }

  async ping(): Promise<void> {
    await this.#pool.query({ text: 'SELECT 1', query_timeout: 2_000 } as { text: string })
  }

  /** Gives up being the relay. Call it after the relay has stopped and before the pool ends. */
  close(): Promise<void> {
    return this.#outbox.close()
  }
}

/** What was not inserted is either handled already or held. */
const sortInserted = async (client: PoolClient, unique: readonly Message[], inserted: readonly { id: string }[]) => {
  const isNew = new Set(inserted.map((r) => r.id))
  const rest = unique.filter((m) => !isNew.has(m.id))
  const { rows } = await client.query<{ id: string }>('SELECT id FROM inbox WHERE id = ANY($1::uuid[])', [rest.map((m) => m.id)])
  const handled = new Set(rows.map((r) => r.id))
  return { fresh: unique.filter((m) => isNew.has(m.id)), held: rest.filter((m) => !handled.has(m.id)) }
}

/** @returns false when the id had been handled before. */
const handledNow = async (client: PoolClient, id: string): Promise<boolean> =>
  (await client.query('INSERT INTO inbox (id) VALUES ($1) ON CONFLICT DO NOTHING', [id])).rowCount === 1

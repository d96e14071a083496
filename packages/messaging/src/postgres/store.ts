import type { Pool, PoolClient } from 'pg'
import { distinct, notYetHandled } from '../batch.ts'
import type { Message } from '../message.ts'
import type { Backlog, MessageStore, Outcome, React, Stored } from '../store.ts'
import { PostgresOutbox } from './outbox.ts'
import { isTransientPostgresError } from './transient.ts'

const insertInbox = {
  name: 'inbox-insert',
  // Sorted, so that two transactions with the same ids wait for each other instead of deadlocking.
  text: 'INSERT INTO inbox (id) SELECT id FROM unnest($1::uuid[]) AS t(id) ORDER BY id ON CONFLICT DO NOTHING RETURNING id',
}

/**
 * The contract on PostgreSQL: one transaction over the service's tables, `inbox` and `outbox`. `Work` is the transaction's client.
 * `react` locks the rows that it decides on: that also serialises the messages of one key, and with them their positions in the outbox.
 */
export class PostgresMessageStore implements MessageStore<PoolClient> {
  readonly #pool: Pool
  readonly #outbox: PostgresOutbox
  #listener: () => void = () => {}

  /** @param service names the outbox's `aggregatetype`, and the lock that makes one process the relay. */
  constructor(pool: Pool, service: string) {
    this.#pool = pool
    this.#outbox = new PostgresOutbox(pool, service)
  }

  async handleOnce(batch: readonly Message[], react: React<PoolClient>): Promise<Outcome> {
    if (batch.length === 0) return { handled: 0, duplicates: 0 }
    return await this.transaction(async (client) => {
      const ids = distinct(batch.map((m) => m.id))
      const inserted = await client.query<{ id: string }>({ ...insertInbox, values: [ids] })
      const fresh = freshOf(batch, ids, inserted.rows)
      const emit = fresh.length === 0 ? [] : await react(client, fresh)
      return { result: { handled: fresh.length, duplicates: batch.length - fresh.length }, emit }
    })
  }

  /** Runs `change` in one transaction and stores what it emits with it. @throws what `change` throws, after rolling back. */
  async transaction<R>(
    change: (client: PoolClient) => Promise<{ readonly result: R; readonly emit: readonly Message[] }>,
  ): Promise<R> {
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
      if (emit.length > 0) this.#listener()
      return result
    } catch (error) {
      // A connection on which even ROLLBACK fails is thrown away by the pool, and its transaction with it.
      await client.query('ROLLBACK').catch((rollbackError: Error) => {
        broken = rollbackError
      })
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

const freshOf = (batch: readonly Message[], ids: readonly string[], inserted: readonly { id: string }[]): Message[] => {
  if (inserted.length === ids.length && ids.length === batch.length) return [...batch]
  const isNew = new Set(inserted.map((r) => r.id))
  return notYetHandled(batch, new Set(ids.filter((id) => !isNew.has(id))))
}

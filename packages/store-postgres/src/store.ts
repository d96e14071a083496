import type {
  Backlog,
  DeadLetter,
  Doubted,
  LetterQuery,
  Message,
  MessageStore,
  NeedsByType,
  Outcome,
  React,
  Stored,
} from '@shop/messaging/driver'
import { arrange, carryOut, doubtedLetter, handledBy, Needs, nobody, trusted } from '@shop/messaging/driver'
import type { Pool, PoolClient } from 'pg'
import { countLetters, findLetters, parkLetters, removeLetter, updateFailure } from './dead-letters.ts'
import { letGo, type Taken, takeIn, takeInOne } from './inbox.ts'
import { type Outbox, PostgresOutbox } from './outbox.ts'
import { isStaleSession, isTransientPostgresError } from './transient.ts'
import { openArrivals } from './waiting.ts'

/** So often a batch is decided anew because others had been let go on by a message that was doubted then. */
const roundsMax = 10

/** The batch is to be decided anew, in another transaction: nothing of this one is kept. */
class DecideAnew extends Error {
  override readonly name = 'DecideAnew'
  readonly doubted: Doubted

  constructor(doubted: Doubted) {
    super('messages that others had waited for were doubted')
    this.doubted = doubted
  }
}

/** What a transaction does, and what is told of it. */
type Change<R> = (client: PoolClient) => Promise<{ readonly result: R; readonly emit: readonly Message[] }>

/**
 * The contract on PostgreSQL: one transaction over the service's tables, `inbox` and `outbox`. `Work` is the transaction's client.
 * `react` locks the rows that it decides on: that also serialises the messages of one key, and with them their positions in the outbox.
 */
export class PostgresMessageStore implements MessageStore<PoolClient> {
  readonly #pool: Pool
  readonly #outbox: Outbox
  #listener: () => void = () => {}
  #needs = new Needs()

  /**
   * @param service names the outbox's `aggregatetype`, and the lock that makes one process the relay.
   * @param outbox where to put what is told; default the outbox's table, for a relay.
   */
  constructor(pool: Pool, service: string, outbox?: Outbox) {
    this.#pool = pool
    this.#outbox = outbox ?? new PostgresOutbox(pool, service, () => this.#listener())
  }

  waitFor(needs: NeedsByType): void {
    this.#needs = new Needs(needs)
  }

  async handleOnce(batch: readonly Message[], react: React<PoolClient>): Promise<Outcome> {
    if (batch.length === 0) return { handled: 0, duplicates: 0, held: [], suspicious: [] }
    return await this.#deciding(async (client, doubted) => {
      const taking = takeIn(client, batch)
      const { fresh, held, emit, suspicious } = await this.#carryOut(client, batch, taking, react, doubted)
      const handled = trusted(fresh, suspicious).length
      const duplicates = batch.length - fresh.length - held.length
      return { result: { handled, duplicates, held, suspicious }, emit }
    })
  }

  /** Hands over what is due, and keeps what has to wait. @param taking is under way; the arrivals are asked for right behind it. */
  async #carryOut(
    client: PoolClient,
    batch: readonly Message[],
    taking: Promise<Taken>,
    react: React<PoolClient>,
    doubted: Doubted,
  ) {
    const [taken, opened] = await Promise.all([taking, openArrivals(client, batch, this.#needs, doubted)])
    const arranged = arrange(taken.fresh, this.#needs, opened.of, doubted)
    // Before, not beside: were it to fail alone, the reactions would go on with a client that is no longer theirs.
    await opened.save(arranged.arrivals)
    const { emit, suspicious, again } = await carryOut(arranged, doubted, (due, doubt) => react(client, due, doubt))
    if (again !== undefined) throw new DecideAnew(again)
    await letGo(client, suspicious)
    return { ...taken, emit, suspicious }
  }

  /** A transaction that begins anew when it has to be decided with others doubted. */
  async #deciding<R>(change: (client: PoolClient, doubted: Doubted) => ReturnType<Change<R>>): Promise<R> {
    let doubted = nobody
    for (let round = 0; ; round++) {
      try {
        return await this.transaction((client) => change(client, doubted))
      } catch (error) {
        if (!(error instanceof DecideAnew) || round === roundsMax) throw error
        doubted = error.doubted
      }
    }
  }

  async park(letters: readonly DeadLetter[]): Promise<readonly DeadLetter[]> {
    const parked = await this.transaction(async (client) => ({ result: await parkLetters(client, letters), emit: [] }))
    if (parked.some(({ failure }) => failure.kind === 'unsendable')) this.#outbox.lookForBlocked()
    return parked
  }

  async handleParked(letter: DeadLetter, message: Message, react: React<PoolClient>): Promise<Outcome> {
    return await this.#deciding(async (client, doubted) => {
      const isFresh = (await removeLetter(client, letter)) && (await takeInOne(client, message))
      const fresh = isFresh ? [message] : []
      const taking = Promise.resolve({ fresh, held: [] })
      const { emit, suspicious } = await this.#carryOut(client, fresh, taking, react, doubted)
      const doubt = suspicious.find((s) => s.message === message)
      if (doubt !== undefined) await parkLetters(client, [doubtedLetter(letter, doubt.reason)])
      const handled = isFresh && doubt === undefined ? 1 : 0
      return { result: { handled, duplicates: isFresh ? 0 : 1, held: [], suspicious }, emit }
    })
  }

  async discard(letter: DeadLetter): Promise<void> {
    await this.transaction(async (client) => {
      await removeLetter(client, letter)
      const handled = handledBy(letter)
      if (handled !== undefined) await takeInOne(client, handled)
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

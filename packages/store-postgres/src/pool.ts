import pg from 'pg'

export interface PoolOptions {
  readonly connectionString: string
  /** Shown in pg_stat_activity. */
  readonly applicationName: string
  /** Most connections of this process; default 10. */
  readonly connectionsMax?: number
  /** Called when an idle connection breaks; the pool makes a new one at the next use. */
  readonly onIdleError: (error: Error) => void
}

/**
 * A pool whose every wait is bounded: 2 s to connect, 10 s a statement, and 20 s idle within a transaction, after which the server
 * ends it, so that a paused process does not keep its locks. Integers (bigint) are read as numbers: money is minor units below 2^53.
 */
export const createPool = ({ connectionString, applicationName, connectionsMax = 10, onIdleError }: PoolOptions): pg.Pool => {
  const pool = new pg.Pool({
    connectionString,
    application_name: applicationName,
    max: connectionsMax,
    connectionTimeoutMillis: 2_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 10_000,
    query_timeout: 15_000,
    idle_in_transaction_session_timeout: 20_000,
    keepAlive: true,
    // Statements that need not know each other's answers are sent one behind the other, and answered in that order.
    pipeline: true,
    // Statements here find their rows by key, but a prepared one keeps the plan of its first executions: made while a table was small, it
    // would read the whole table from then on. A scan is still made where there is no other way.
    options: '-c enable_seqscan=off',
    types: {
      getTypeParser: (oid, format) => (oid === pg.types.builtins.INT8 ? parseSafeInteger : pg.types.getTypeParser(oid, format)),
    },
  })
  pool.on('error', onIdleError)
  return pool
}

const parseSafeInteger = (text: string): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new Error(`integer ${text} is beyond what a number holds exactly`)
  return value
}

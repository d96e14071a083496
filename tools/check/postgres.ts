import pg from 'pg'

const connectMsMax = 5_000
const statementMsMax = 120_000

/** One connection to a service's own database, as the administrator; reads only. */
export const openPostgres = async (postgresUrl: string, service: string): Promise<pg.Client> => {
  const url = new URL(postgresUrl)
  url.pathname = `/shop_${service}`
  const client = new pg.Client({
    connectionString: url.href,
    application_name: 'check',
    connectionTimeoutMillis: connectMsMax,
    statement_timeout: statementMsMax,
    query_timeout: statementMsMax + 5_000,
    types: {
      getTypeParser: (oid, format) => (oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)),
    },
  })
  client.on('error', () => {}) // the query under way fails with it
  await client.connect()
  return client
}

/** Runs `read` on one state of the database, whatever is written meanwhile. */
export const inOneState = async <T>(client: pg.Client, read: () => Promise<T>): Promise<T> => {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  try {
    return await read()
  } finally {
    await client.query('ROLLBACK').catch(() => {})
  }
}

const rowsPerFetch = 10_000

/** Every row of a query, within a transaction; a part at a time, so that its size does not matter. One stream at a time per client. */
export async function* stream<Row extends pg.QueryResultRow>(client: pg.Client, query: string): AsyncGenerator<readonly Row[]> {
  await client.query(`DECLARE rows NO SCROLL CURSOR FOR ${query}`)
  for (;;) {
    const { rows } = await client.query<Row>(`FETCH ${rowsPerFetch} FROM rows`)
    if (rows.length === 0) break
    yield rows
  }
  await client.query('CLOSE rows')
}

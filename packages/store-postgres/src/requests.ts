import type { PoolClient } from 'pg'
import type { PostgresMessageStore } from './store.ts'

/** The idempotency key came before, with another request. */
export class KeyReused extends Error {
  override name = 'KeyReused'
}

export interface Request {
  /** Without one, the request is performed each time. */
  readonly key: string | undefined
  /** Equal for equal requests. */
  readonly fingerprint: string
}

/**
 * Performs a client's request in one transaction, once per idempotency key: a repetition gets the first response (as JSON) without any
 * effect, also when both come at the same time.
 * @throws KeyReused when the key belongs to another request; what `perform` throws, and then the key stays free.
 */
export const performOnce = <R>(
  store: PostgresMessageStore,
  { key, fingerprint }: Request,
  perform: (client: PoolClient) => Promise<R>,
): Promise<R> =>
  store.transaction(async (client) => {
    if (key === undefined) return { result: await perform(client), emit: [] }
    // Waits for a transaction that is performing the same key.
    const claimed = await client.query(
      'INSERT INTO requests (idempotency_key, fingerprint) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      [key, fingerprint],
    )
    if (claimed.rowCount === 0) {
      const { rows } = await client.query<{ fingerprint: string; response: R }>(
        'SELECT fingerprint, response FROM requests WHERE idempotency_key = $1',
        [key],
      )
      const [first] = rows
      if (first?.fingerprint !== fingerprint) throw new KeyReused('this Idempotency-Key was used with another request')
      return { result: first.response, emit: [] }
    }
    const result = await perform(client)
    await client.query('UPDATE requests SET response = $2 WHERE idempotency_key = $1', [key, JSON.stringify(result)])
    return { result, emit: [] }
  })

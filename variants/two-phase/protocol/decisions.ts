/**
 * The coordinator's log. A commit stands here before any participant hears of it. An abort need not: what is not here was aborted (presumed
 * abort). It is written down all the same when somebody asks for an order that is not here, so that no decision to commit can come later, from
 * whatever process that was only slow.
 */
import type { Pool } from 'pg'

export type Outcome = 'commit' | 'abort'

export interface Decision {
  readonly orderId: string
  readonly outcome: Outcome
  /** Participants that an operator had decided otherwise for: they disagree with the others now. */
  readonly damaged: readonly string[]
  /** ISO 8601. */
  readonly decidedAt: string
  /** ISO 8601; absent until every participant has carried it out. */
  readonly endedAt?: string
}

export const decisionsSchema = `
CREATE TABLE IF NOT EXISTS decisions (
  order_id uuid PRIMARY KEY,
  outcome text NOT NULL CHECK (outcome IN ('commit', 'abort')),
  damaged text[] NOT NULL DEFAULT '{}',
  decided_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz
);
CREATE INDEX IF NOT EXISTS decisions_not_ended ON decisions (decided_at) WHERE ended_at IS NULL`

interface Row {
  order_id: string
  outcome: Outcome
  damaged: string[]
  decided_at: Date
  ended_at: Date | null
}

const toDecision = ({ order_id, outcome, damaged, decided_at, ended_at }: Row): Decision => ({
  orderId: order_id,
  outcome,
  damaged,
  decidedAt: decided_at.toISOString(),
  ...(ended_at === null ? {} : { endedAt: ended_at.toISOString() }),
})

const perSweepMax = 1_000

export interface Decisions {
  /** Writes the decision, unless there is one. @returns the one that stands. @throws when it is not known which does */
  decide(orderId: string, outcome: Outcome): Promise<Outcome>
  find(orderId: string): Promise<Decision | undefined>
  /** Those that somebody has not carried out yet, the oldest first. */
  notEnded(): Promise<readonly Decision[]>
  /** Every participant has carried it out. */
  ended(orderId: string, damaged: readonly string[]): Promise<void>
}

export const decisionsIn = (pool: Pool): Decisions => ({
  decide: async (orderId, outcome) => {
    const insert = 'INSERT INTO decisions (order_id, outcome) VALUES ($1, $2) ON CONFLICT DO NOTHING'
    if ((await pool.query(insert, [orderId, outcome])).rowCount === 1) return outcome
    const { rows } = await pool.query<Row>('SELECT * FROM decisions WHERE order_id = $1', [orderId])
    if (rows[0] === undefined) throw new Error(`the decision on order ${orderId} is not there`)
    return rows[0].outcome
  },
  find: async (orderId) => {
    const { rows } = await pool.query<Row>('SELECT * FROM decisions WHERE order_id = $1', [orderId])
    return rows[0] && toDecision(rows[0])
  },
  notEnded: async () => {
    const { rows } = await pool.query<Row>(
      `SELECT * FROM decisions WHERE ended_at IS NULL ORDER BY decided_at LIMIT ${perSweepMax}`,
    )
    return rows.map(toDecision)
  },
  ended: async (orderId, damaged) => {
    await pool.query('UPDATE decisions SET ended_at = now(), damaged = $2 WHERE order_id = $1', [orderId, damaged])
  },
})

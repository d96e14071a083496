/** How far behind the reader of a replication slot is, and since when it does not go on. */
import type { Pool } from 'pg'

export interface SlotState {
  readonly slot: string
  /** Whether somebody reads it now. */
  readonly active: boolean
  /** Bytes of the log that PostgreSQL keeps for it: they fill the disk while nobody reads. */
  readonly retainedBytes: number
  /** Bytes of the log that are not confirmed as taken. */
  readonly behindBytes: number
  /** Bytes that can still be written before it loses its place (max_slot_wal_keep_size); undefined when there is no such bound. */
  readonly leftBytes: number | undefined
}

interface Row {
  readonly active: boolean
  readonly wal_status: string | null
  readonly confirmed: string
  readonly retained_bytes: number
  readonly behind_bytes: number
  readonly left_bytes: number | null
}

const ask = {
  name: 'slot-state',
  text: `SELECT active, wal_status, confirmed_flush_lsn::text AS confirmed,
                coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::float8 AS retained_bytes,
                coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn), 0)::float8 AS behind_bytes,
                safe_wal_size::float8 AS left_bytes
           FROM pg_replication_slots WHERE slot_name = $1`,
}
const intervalMs = 5_000

export interface SlotWatch {
  /** Asked anew. @throws Error when there is no such slot, or it is lost, or the database is away */
  state(): Promise<SlotState>
  /** Since the position was seen to move for the last time; undefined when nothing is left to take. */
  standstill(): { readonly forMs: number; readonly reason: string } | undefined
  stop(): Promise<void>
}

/** Looks every 5 s. @throws as `state` does */
export const watchSlot = async (pool: Pool, slot: string): Promise<SlotWatch> => {
  let confirmed = ''
  let movedAt = performance.now()
  let reason: string | undefined

  const read = async (): Promise<SlotState> => {
    const { rows } = await pool.query<Row>({ ...ask, values: [slot] })
    const [row] = rows
    const gone =
      row === undefined
        ? `there is no replication slot ${slot}`
        : row.wal_status === 'lost'
          ? `replication slot ${slot} has lost its place: the log was removed before it was taken`
          : undefined
    if (row === undefined || gone !== undefined) {
      reason = gone
      throw new Error(gone)
    }
    if (row.confirmed !== confirmed || row.behind_bytes === 0) movedAt = performance.now()
    confirmed = row.confirmed
    const kept = `${(row.retained_bytes / 1e6).toFixed(1)} MB of the log are kept for it`
    const why = row.active ? 'is read, but its place does not move' : 'is read by nobody'
    reason = row.behind_bytes === 0 ? undefined : `replication slot ${slot} ${why}, ${kept}`
    return {
      slot,
      active: row.active,
      retainedBytes: row.retained_bytes,
      behindBytes: row.behind_bytes,
      leftBytes: row.left_bytes ?? undefined,
    }
  }

  await read()
  let reading: Promise<unknown> = Promise.resolve()
  const timer = setInterval(() => {
    // That the database is away others say; the slot is what it was.
    reading = read().catch(() => {})
  }, intervalMs).unref()
  return {
    state: read,
    standstill: () => (reason === undefined ? undefined : { forMs: performance.now() - movedAt, reason }),
    stop: async () => {
      clearInterval(timer)
      await reading
    },
  }
}

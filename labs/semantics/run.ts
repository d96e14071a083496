/** The modes, one after the other, and what came of each. */
import { createPool } from '@shop/store-postgres'
import type { Addresses } from '../servers.ts'
import { prepareBookings } from './bookings.ts'
import type { ConsumerMode } from './consumer/settings.ts'
import { runConsumers, type Servers } from './consumer-run.ts'
import { type Booking, type Counts, countsOf } from './counting.ts'
import { deviationsOf, type Expected } from './expectation.ts'
import { consumerModes, readUncommitted } from './modes.ts'
import { planOf } from './moments.ts'
import { type Payment, paymentsOf } from './payment.ts'

/** A line of the table. */
export interface Row {
  readonly mode: string
  readonly title: string
  readonly expected: Expected
  readonly why: string
  /** Absent: not run, because of `notRun`. */
  readonly counts?: Counts
  readonly notRun?: string
  /** What is otherwise than expected; empty when all is well. */
  readonly deviations: readonly string[]
}

export interface Size {
  readonly payments: number
  /** Consumers that are killed in each mode, at least 2. */
  readonly kills: number
}

export interface Experiment extends Size {
  readonly seed: number
  readonly say: (line: string) => void
}

type Described = Pick<Row, 'title' | 'expected' | 'why'>

export const rowOf = (mode: string, described: Described, sent: readonly Payment[], effects: readonly Booking[]): Row => {
  const counts = countsOf(sent, effects)
  return { mode, ...described, counts, deviations: deviationsOf(described.expected, counts) }
}

/** @param atOnce how many modes run side by side; their rates mean nothing when it is more than one */
export const measureConsumers = async (
  modes: readonly ConsumerMode[],
  { seed, payments: count, kills, say }: Experiment,
  { brokers, postgresUrl }: Addresses,
  atOnce = 1,
): Promise<Row[]> => {
  const pool = createPool({ connectionString: postgresUrl, applicationName: 'lab', onIdleError: () => {} })
  const servers: Servers = { brokers, postgresUrl, pool }
  const payments = paymentsOf(seed, count)
  const plan = planOf(seed, count, kills)
  const rows: Row[][] = modes.map(() => [])
  const waiting = [...modes.entries()]
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, mode] = next
      say(`${consumerModes[mode].title} …`)
      const { effects, uncommitted } = await runConsumers({ mode, payments, plan, servers })
      rows[index]?.push(rowOf(mode, consumerModes[mode], payments, effects))
      if (uncommitted !== undefined) rows[index]?.push(rowOf('transaction-uncommitted', readUncommitted, payments, uncommitted))
    }
  }
  try {
    await prepareBookings(pool)
    await Promise.all(Array.from({ length: atOnce }, work))
    return rows.flat()
  } finally {
    await pool.end()
  }
}

/** The modes, and what came of each. */
import type { KafkaCluster } from '@shop/infra/embedded'
import { createPool } from '@shop/store-postgres'
import { prepareBookings } from '../payments/bookings.ts'
import { type Payment, paymentsOf } from '../payments/payment.ts'
import type { Addresses } from '../servers.ts'
import { runConsumers, type Servers } from './consumer-run.ts'
import {
  acksModeNames,
  acksModes,
  consumerModeNames,
  consumerModes,
  cutModeNames,
  cutModes,
  type Mode,
  readUncommitted,
} from './modes.ts'
import { type Plan, planOf } from './moments.ts'
import { runAcks } from './producer/acks-run.ts'
import { runCuts } from './producer/cut-run.ts'
import { type Row, rowNotRun, rowOf } from './row.ts'

export interface Experiment {
  readonly seed: number
  /** In each mode. */
  readonly payments: number
  /** Consumers that are killed in each mode of a consumer, connections that are cut in each of a producer; at least 2. */
  readonly kills: number
  readonly modes: readonly Mode[]
  /** How many modes run side by side; the rates mean nothing when it is more than one. Default 1. */
  readonly atOnce?: number
  readonly say: (line: string) => void
}

/** One mode, ready to run. */
interface Trial {
  readonly mode: Mode
  readonly title: string
  readonly run: () => Promise<readonly Row[]>
}

/** What consumers and producers do with one broker. */
export const measureOnOne = async (experiment: Experiment, { brokers, postgresUrl }: Addresses): Promise<Row[]> => {
  const { seed, payments: count, kills } = experiment
  const pool = createPool({ connectionString: postgresUrl, applicationName: 'lab', onIdleError: () => {} })
  const payments = paymentsOf(seed, count)
  const plan = planOf(seed, count, kills)
  try {
    await prepareBookings(pool)
    const consumers = consumerTrials(payments, plan, { brokers, postgresUrl, pool })
    const producers = cutModeNames.map((mode): Trial => {
      const run = async () => {
        const effects = await runCuts({ mode, seed, payments, cuts: kills, brokers })
        return [rowOf(`producer-${mode}`, cutModes[mode], payments, effects)]
      }
      return { mode: `producer-${mode}`, title: cutModes[mode].title, run }
    })
    return await runTrials([...consumers, ...producers], experiment)
  } finally {
    await pool.end()
  }
}

const consumerTrials = (payments: readonly Payment[], plan: Plan, servers: Servers): Trial[] =>
  consumerModeNames.map((mode) => ({
    mode,
    title: consumerModes[mode].title,
    run: async () => {
      const { effects, uncommitted } = await runConsumers({ mode, payments, plan, servers })
      const row = rowOf(mode, consumerModes[mode], payments, effects)
      return uncommitted === undefined ? [row] : [row, rowOf('transaction-uncommitted', readUncommitted, payments, uncommitted)]
    },
  }))

/** What becomes of what was acknowledged when the leader is killed. */
export const measureOnThree = async (experiment: Experiment, cluster: KafkaCluster): Promise<Row[]> => {
  const { seed, payments: count } = experiment
  const payments = paymentsOf(seed, count)
  const trials = acksModeNames.map((mode): Trial => {
    const run = async () => [rowOf(`acks-${mode}`, acksModes[mode], payments, await runAcks({ mode, seed, payments, cluster }))]
    return { mode: `acks-${mode}`, title: acksModes[mode].title, run }
  })
  return await runTrials(trials, { ...experiment, atOnce: 1 }) // each kills a broker
}

export const withoutThree = ({ modes }: Experiment): Row[] =>
  acksModeNames
    .filter((mode) => modes.includes(`acks-${mode}`))
    .map((mode) => rowNotRun(`acks-${mode}`, acksModes[mode], 'needs three brokers'))

/** In their order, those alone that are wanted. */
const runTrials = async (trials: readonly Trial[], { modes, atOnce = 1, say }: Experiment): Promise<Row[]> => {
  const wanted = trials.filter(({ mode }) => modes.includes(mode))
  const rows = new Map<Mode, readonly Row[]>()
  const waiting = [...wanted]
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      say(`${next.title} …`)
      rows.set(next.mode, await next.run())
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return wanted.flatMap(({ mode }) => rows.get(mode) ?? [])
}

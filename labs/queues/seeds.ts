/** The table of queues for several seeds, on the same servers. */
import { findRabbitmq } from '@shop/infra/embedded'
import type { Row } from '../semantics/row.ts'
import { onRabbitmq, type Running } from '../servers.ts'
import { measureQueues, type QueueExperiment } from './run.ts'

interface QueueRun {
  readonly seed: number
  readonly rows: readonly Row[]
}

/** Whether there is a RabbitMQ to be had: one that is installed, or named by RABBITMQ_URL. */
export const hasRabbitmq = (env: NodeJS.ProcessEnv = process.env): boolean =>
  Boolean(env.RABBITMQ_URL) || findRabbitmq(env) !== undefined

export const measureSeeds = (
  seeds: readonly number[],
  experiment: Omit<QueueExperiment, 'seed'>,
  running: Running,
): Promise<QueueRun[]> =>
  onRabbitmq(running, async (addresses) => {
    const runs: QueueRun[] = []
    for (const seed of seeds) runs.push({ seed, rows: await measureQueues({ ...experiment, seed }, addresses) })
    return runs
  })

/** All acts on one group. */
import { setTimeout as pause } from 'node:timers/promises'
import { createPool } from '@shop/store-postgres'
import { prepareBookings } from '../payments/bookings.ts'
import { paymentsOf } from '../payments/payment.ts'
import type { Addresses } from '../servers.ts'
import { type Act, growing, membership, moving, type Outcome, onceAndInOrder, partitions, perform } from './acts.ts'
import type { GroupView } from './broker-view.ts'
import { Group } from './group.ts'

export interface GroupExperiment {
  readonly seed: number
  readonly say: (line: string) => void
  /** Shown twice a second while an act is under way; absent: nobody looks. */
  readonly show?: (act: string, view: GroupView) => void
}

/** More than a run takes at a hundred a second. */
const paymentsMax = 60_000
const showIntervalMs = 500

export const measureGroup = async (experiment: GroupExperiment, addresses: Addresses): Promise<Outcome[]> => {
  const pool = createPool({ connectionString: addresses.postgresUrl, applicationName: 'lab', onIdleError: () => {} })
  try {
    await prepareBookings(pool)
    const group = await Group.open({ addresses, pool, payments: paymentsOf(experiment.seed, paymentsMax), partitions })
    try {
      group.stream.start()
      const outcomes = await performAll(membership, group, experiment)
      outcomes.push(await onceAndInOrder(group))
      outcomes.push(...(await performAll(moving, group, experiment)))
      outcomes.push(await onceAndInOrder(group))
      outcomes.push(...(await performAll(growing, group, experiment)))
      return outcomes
    } finally {
      await group.close()
    }
  } finally {
    await pool.end()
  }
}

const performAll = async (acts: readonly Act[], group: Group, { say, show }: GroupExperiment): Promise<Outcome[]> => {
  const outcomes: Outcome[] = []
  for (const act of acts) {
    say(act.name)
    const over = new AbortController()
    const showing = show === undefined ? undefined : showUntil(over.signal, group, (view) => show(act.name, view))
    outcomes.push(await perform(act, group).finally(() => over.abort()))
    await showing
  }
  return outcomes
}

const showUntil = async (over: AbortSignal, group: Group, show: (view: GroupView) => void): Promise<void> => {
  while (!over.aborted) {
    await group.view().then(show, () => {}) // a broker in the middle of a change may refuse
    await pause(showIntervalMs, undefined, { signal: over }).catch(() => {})
  }
}

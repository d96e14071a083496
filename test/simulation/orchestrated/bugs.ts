/** Defects of an orchestrated saga that somebody could have made. */
import { type Flow, flows, type Step } from '../../../variants/orchestrated/flow.ts'
import type { Saga } from '../../../variants/orchestrated/saga.ts'
import type { Parts } from './world.ts'

const flow = flows.at(-1) as Flow
const without = ({ undo: _, ...step }: Step): Step => step

export const sound: Parts = {
  flow,
  tables: (real) => real,
  hasInbox: true,
  outbox: (commands) => commands,
  hears: (reply) => reply,
}

const savedAs = (change: (saga: Saga) => Saga): Partial<Parts> => ({
  tables: (real) => ({
    ...real,
    saveSagas: (world, sagas) => real.saveSagas(world, new Map([...sagas].map(([id, saga]) => [id, change(saga)]))),
  }),
})

export const bugs: Readonly<Record<string, Partial<Parts>>> = {
  'loses a command when it is killed behind the commit of the saga': {
    outbox: (commands, random) => (random.chance(0.05) ? [] : commands),
  },
  'takes any answer for the one that it waits for, and handles one twice': {
    hasInbox: false,
    tables: (real) => ({
      ...real,
      lockSagas: async (world, ids) => {
        const sagas = await real.lockSagas(world, ids)
        return new Map(
          [...sagas].map(([id, { awaits, ...saga }]) => [
            id,
            awaits ? { ...saga, awaits: { ...awaits, commandId: 'any' } } : saga,
          ]),
        )
      },
    }),
    hears: (reply) => ({ ...reply, causationId: 'any' }),
  },
  'does not undo the payment': { flow: { ...flow, steps: flow.steps.map((s) => (s.name === 'payment' ? without(s) : s)) } },
  'forgets what it has done while it is killed': savedAs((saga) => ({ ...saga, done: saga.done.slice(0, 1) })),
  'lets a cancellation count behind the pivot': {
    flow: {
      ...flow,
      steps: flow.steps.map(({ isPivot: _, ...s }) => (s.name === 'order' ? { ...s, isPivot: true as const } : s)),
    },
  },
  'confirms the order before the pivot': {
    flow: { ...flow, steps: [...flow.steps.slice(-1), ...flow.steps.slice(0, -1)] },
  },
}

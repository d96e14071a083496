/** Defects of a two-phase commit that somebody could have made. */
import type { Decisions } from '../../../variants/two-phase/protocol/decisions.ts'
import { recoverOnce } from '../../../variants/two-phase/protocol/recovery.ts'
import { buy, type Participants } from '../../../variants/two-phase/purchase.ts'
import type { Parts } from './world.ts'

export const sound: Parts = {
  buy,
  recoverOnce,
  decisions: (real) => real,
  participants: (real) => real,
  isPreparedDurable: true,
}

const decisionsWith = (change: (real: Decisions) => Partial<Decisions>): Partial<Parts> => ({
  decisions: (real) => ({ ...real, ...change(real) }),
})

type Participant = Participants['order']
const participantsWith = (change: (real: Participant) => Partial<Participant>): Partial<Parts> => ({
  participants: (real) =>
    Object.fromEntries(Object.entries(real).map(([name, p]) => [name, { ...p, ...change(p) }])) as unknown as Participants,
})

export const bugs: Readonly<Record<string, Partial<Parts>>> = {
  'tells of the commit before it is written': decisionsWith((real) => ({
    decide: async (orderId, outcome) => {
      void real.decide(orderId, outcome).catch(() => {})
      return outcome
    },
  })),
  'presumes a commit of what is not in the log': decisionsWith((real) => ({
    find: async (orderId) => (await real.find(orderId)) ?? { orderId, outcome: 'commit', damaged: [], decidedAt: '' },
  })),
  'says abort of what is not in the log without writing it': decisionsWith((real) => ({
    decide: (orderId, outcome) => (outcome === 'abort' ? Promise.resolve(outcome) : real.decide(orderId, outcome)),
  })),
  'overwrites a decision': decisionsWith((real) => ({
    decide: async (orderId, outcome) => {
      await real.decide(orderId, outcome)
      return outcome
    },
  })),
  'takes silence for a yes': participantsWith((real) => ({
    prepare: (purchase) => real.prepare(purchase).catch(() => ({ vote: 'yes' as const })),
  })),
  'takes a no for a yes': participantsWith((real) => ({
    prepare: async (purchase) => {
      await real.prepare(purchase)
      return { vote: 'yes' }
    },
  })),
  'does not look for what participants hold prepared': participantsWith(() => ({ inDoubt: async () => [] })),
  'closes the log before everybody has carried it out': {
    buy: async (purchase, coordinating) => {
      const { decisions } = coordinating
      const decide: Decisions['decide'] = async (orderId, outcome) => {
        const decided = await decisions.decide(orderId, outcome)
        await decisions.ended(orderId, []).catch(() => {})
        return decided
      }
      return await buy(purchase, { ...coordinating, decisions: { ...decisions, decide } })
    },
    recoverOnce: (recovering) =>
      recoverOnce({
        ...recovering,
        decisions: {
          ...recovering.decisions,
          // what is closed is forgotten, as a log that is kept short does
          find: async (orderId) => {
            const found = await recovering.decisions.find(orderId)
            return found?.endedAt === undefined ? found : { ...found, outcome: 'abort' }
          },
        },
      }),
  },
  'forgets at a restart what it had prepared': { isPreparedDurable: false },
}

/**
 * How a coordinator that comes back, or missed something, ends what is open: from its log, what was decided and is not carried out everywhere; from
 * the participants, what is prepared and was never decided. Runs for good, also beside purchases that are under way.
 */
import type { Log } from '@shop/service-host'
import type { Participants } from '../purchase.ts'
import type { Decision, Decisions, Outcome } from './decisions.ts'
import type { Participant } from './participants.ts'

export interface Recovering {
  readonly participants: Participants
  readonly decisions: Decisions
  readonly log: Log
  /** True for an order whose votes this process is collecting, or whose decision it is carrying out, just now. */
  readonly isUnderWay: (orderId: string) => boolean
}

/** How an order ends that is not under way: as the log says. What is not there was aborted, and that is written down before it is said. */
export const outcomeOf = async (orderId: string, { decisions }: Pick<Recovering, 'decisions'>): Promise<Outcome> =>
  (await decisions.find(orderId))?.outcome ?? (await decisions.decide(orderId, 'abort'))

const asTold = { commit: 'commit', abort: 'rollback' } as const

/** Tells every participant; when all have carried it out, the log is closed. */
const carryOut = async ({ orderId, outcome }: Decision, { participants, decisions, log }: Recovering): Promise<void> => {
  const damaged: string[] = []
  for (const [name, participant] of Object.entries(participants)) {
    if ((await participant.end(orderId, asTold[outcome])) === 'done') continue
    damaged.push(name)
    log.error({ orderId, participant: name }, `${name} was resolved by hand, otherwise than the ${outcome} that was decided`)
  }
  await decisions.ended(orderId, damaged)
  log.info({ orderId, outcome }, `order ${orderId}: ${outcome} carried out everywhere`)
}

/** What a participant holds prepared and nobody is working on. */
const endPrepared = async (name: string, participant: Participant<never>, recovering: Recovering): Promise<void> => {
  for (const { orderId, preparedAt } of await participant.inDoubt()) {
    if (recovering.isUnderWay(orderId)) continue
    const outcome = await outcomeOf(orderId, recovering)
    await participant.end(orderId, asTold[outcome])
    recovering.log.info({ orderId, outcome, preparedAt }, `${name} was in doubt about order ${orderId}: ${outcome}`)
  }
}

/** Once through. Who does not answer keeps nobody else waiting. @throws the last failure */
export const recoverOnce = async (recovering: Recovering): Promise<void> => {
  const { participants, decisions, isUnderWay } = recovering
  let failure: unknown
  const attempt = (work: Promise<void>) =>
    work.catch((error) => {
      failure = error
    })
  for (const [name, participant] of Object.entries(participants)) await attempt(endPrepared(name, participant, recovering))
  for (const decision of await decisions.notEnded()) {
    if (!isUnderWay(decision.orderId)) await attempt(carryOut(decision, recovering))
  }
  if (failure !== undefined) throw failure
}

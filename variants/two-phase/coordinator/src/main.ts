import { decisionsIn } from '../../protocol/decisions.ts'
import { participantAt } from '../../protocol/participants.ts'
import { recoverOnce } from '../../protocol/recovery.ts'
import { repeatedly } from '../../protocol/repeatedly.ts'
import { runProcess } from '../../protocol/run-process.ts'
import type { ParticipantName, Participants } from '../../purchase.ts'
import { coordinate, routes } from './http.ts'

const sweepRestMs = 1_000

await runProcess('coordinator', { prepares: false }, async ({ config, log, working, urlOf }) => {
  const at = (name: ParticipantName) => participantAt<never>({ url: urlOf(name), token: config.ADMIN_TOKEN })
  const names = ['order', 'payment', 'inventory', 'delivery'] as const
  const participants = Object.fromEntries(names.map((name) => [name, at(name)])) as unknown as Participants
  const decisions = decisionsIn(working)
  const { isUnderWay, router } = coordinate({ participants, decisions, log })
  const recovery = repeatedly('recovery', sweepRestMs, () => recoverOnce({ participants, decisions, log, isUnderWay }), log)
  return { routes: routes({ participants, decisions, isUnderWay }), admin: [router], stopFirst: [recovery] }
})

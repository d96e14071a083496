/** The laboratory's side of a member: a child process, paused and killed by its id. */
import { join } from 'node:path'
import { within } from '@shop/messaging/driver'
import { startChild } from '../child.ts'
import { leaveNow, type MemberSettings, type Told } from './member/settings.ts'

const program = join(import.meta.dirname, 'member', 'main.ts')
const leaveMsMax = 20_000

export interface MemberProcess {
  readonly name: string
  /** Leaves the group in order. @throws when it has not ended within 20 s */
  leave(): Promise<void>
  /** SIGKILL. Never rejects. */
  kill(): Promise<void>
  /** SIGSTOP: its connections stay open, and it says nothing. */
  pause(): void
  /** SIGCONT. */
  resume(): void
}

export const startMember = (settings: MemberSettings, onTold: (told: Told) => void): MemberProcess => {
  const { process: child, ended, kill } = startChild(program, settings)
  child.on('message', (told) => onTold(told as Told))
  return {
    name: settings.name,
    kill,
    leave: async () => {
      child.send(leaveNow)
      await within(leaveMsMax, `${settings.name} leaving the group`, ended).finally(kill)
    },
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
  }
}

/** The laboratory's side of a consumer: a child process, killed by its id. */
import { join } from 'node:path'
import { within } from '@shop/messaging/driver'
import { startChild } from '../child.ts'
import { atMoment, type ConsumerSettings, stopNow } from './consumer/settings.ts'

const program = join(import.meta.dirname, 'consumer', 'main.ts')
const momentMsMax = 90_000
const endMsMax = 20_000

export interface ConsumerProcess {
  /** Waits until it stands at its moment, then ends it with SIGKILL. @throws when it ended before, or did not come there in 90 s. */
  killAtMoment(): Promise<void>
  /** Lets it finish what it has at hand. @throws when it ends otherwise than in order, or not within 20 s. */
  stop(): Promise<void>
  /** Whatever it does. Never rejects. */
  kill(): Promise<void>
}

export const startConsumer = (settings: ConsumerSettings): ConsumerProcess => {
  const { process: child, ended, kill } = startChild(program, settings)
  const there = new Promise<void>((resolve) => child.on('message', (message) => message === atMoment && resolve()))
  return {
    kill,
    killAtMoment: async () => {
      const early = ended.then((how) => Promise.reject(new Error(`the consumer ended with ${how} before its moment`)))
      await within(momentMsMax, `the consumer's moment in ${settings.mode}`, Promise.race([there, early])).finally(kill)
    },
    stop: async () => {
      child.send(stopNow)
      const how = await within(endMsMax, 'the end of the consumer', ended).finally(kill)
      if (how !== 'code 0') throw new Error(`the consumer ended with ${how}`)
    },
  }
}

import { setTimeout as pause } from 'node:timers/promises'
import { type Log, messageOf } from '@shop/service-host'

const delayMsMin = 50
const delayMsMax = 2_000

/** Does it until it is done: for what must not be given up, and is safe to do twice. The process may end meanwhile; its recovery goes on then. */
export const insistently = async <T>(work: () => Promise<T>, log: Log): Promise<T> => {
  for (let delayMs = delayMsMin; ; delayMs = Math.min(2 * delayMs, delayMsMax)) {
    try {
      return await work()
    } catch (error) {
      log.warn({ err: error }, `trying again in ${delayMs} ms: ${messageOf(error)}`)
      await pause(delayMs)
    }
  }
}

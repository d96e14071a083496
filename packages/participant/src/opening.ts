import { setTimeout as pause } from 'node:timers/promises'
import { type Log, messageOf } from '@shop/service-host'

const openMsMax = 600_000
const retryDelayMsMin = 500
const retryDelayMsMax = 10_000

/**
 * Opens the database; while that fails, says why in one line and tries again, for at most ten minutes. Meanwhile nothing listens, so the
 * process counts as unhealthy, and it is there at once when the database is.
 */
export const openInsistently = async <T>(name: string, databaseUrl: string, log: Log, open: () => Promise<T>): Promise<T> => {
  // not by URL: the address of a MongoDB may name several hosts
  const host = databaseUrl.replace(/^[^:]+:\/\/([^@/]*@)?/, '').split(/[/?]/)[0]
  const deadline = performance.now() + openMsMax
  for (let delayMs = retryDelayMsMin; ; delayMs = Math.min(delayMs * 2, retryDelayMsMax)) {
    try {
      return await open()
    } catch (error) {
      const message = `${name} cannot open its database at ${host}: ${messageOf(error)}`
      if (performance.now() > deadline) throw new Error(message, { cause: error })
      log.error({ delayMs }, `${message}; trying again in ${delayMs / 1_000} s`)
      await pause(delayMs)
    }
  }
}

import { setTimeout as pause } from 'node:timers/promises'
import { TookTooLong } from '@shop/messaging'

const msMax = 60_000
const pollMs = 100

/** @param wrong what is not yet as it should be; undefined: all is. @throws TookTooLong with it after 60 s */
export const until = async (wrong: () => Promise<string | undefined>): Promise<void> => {
  const giveUpAt = Date.now() + msMax
  for (;;) {
    const sentence = await wrong().catch((error: Error) => error.message)
    if (sentence === undefined) return
    if (Date.now() > giveUpAt) throw new TookTooLong(`after ${msMax} ms: ${sentence}`)
    await pause(pollMs)
  }
}

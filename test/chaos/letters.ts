import { setTimeout as pause } from 'node:timers/promises'
import { serviceNames } from '@shop/choreography'
import type { LetterView } from '@shop/participant/letters'
import type { ShopTarget } from '@shop/tools/running-shop'

const roundsMax = 10
const roundMs = 1_000

/**
 * As an operator does once the cause is gone: replays what was set aside, until nothing is that could ever be handled.
 * @returns how many such letters there were; those that are left after 10 rounds are found by who checks the shop.
 */
export const replayLetters = async (shop: ShopTarget): Promise<number> => {
  const keys = new Set<string>()
  for (let round = 0; round < roundsMax; round++) {
    let open = 0
    for (const service of serviceNames)
      try {
        const answers = (await shop.admin(service, 'GET', '/dead-letters?limit=1000')) as { deadLetters: LetterView[] }[]
        const failed = (answers[0]?.deadLetters ?? []).filter((l) => l.kind === 'failed' || l.kind === 'held')
        open += failed.length
        for (const key of new Set(failed.map((l) => l.key))) {
          keys.add(`${service} ${key}`)
          await shop.admin(service, 'POST', '/dead-letters/replay', { key })
        }
      } catch {
        open++ // the service is away for another fault: in the next round
      }
    if (open === 0) break
    await pause(roundMs)
  }
  return keys.size
}

import { within } from '@shop/messaging/driver'

type Lag = Readonly<Record<string, number>>

const cacheMs = 2_000
const readMsMax = 5_000

/** Records by topic, as `read` tells them; at most 2 s old. */
export const lagAtMost2sOld = (read: () => Promise<Lag>): (() => Promise<Lag>) => {
  let cached: { readonly at: number; readonly lag: Promise<Lag> } | undefined
  return () => {
    if (!cached || performance.now() - cached.at > cacheMs) {
      const lag = within(readMsMax, 'reading the lag', read())
      cached = { at: performance.now(), lag }
      lag.catch(() => {
        cached = undefined
      })
    }
    return cached.lag
  }
}

import { type TransportAdmin, within } from '@shop/messaging/driver'

export interface LagOptions {
  readonly admin: TransportAdmin
  readonly groupId: string
  readonly topics: readonly string[]
}

const cacheMs = 2_000
const readMsMax = 5_000

/**
 * Records between the group's committed position and the end, per topic; at most 2 s old. Asks the broker instead of adding up what
 * fetches tell: while a handler waits for its database nothing is fetched, and just then the lag matters. It is the whole group's lag,
 * whichever of its members is asked.
 */
export const groupLag = ({ admin, groupId, topics }: LagOptions): (() => Promise<Readonly<Record<string, number>>>) => {
  let cached: { readonly at: number; readonly lag: Promise<Readonly<Record<string, number>>> } | undefined
  return () => {
    if (!cached || performance.now() - cached.at > cacheMs) {
      const lag = within(readMsMax, 'reading the lag', admin.groupLag(groupId, topics))
      cached = { at: performance.now(), lag }
      lag.catch(() => {
        cached = undefined
      })
    }
    return cached.lag
  }
}

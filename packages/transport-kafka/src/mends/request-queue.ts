import { createRequire } from 'node:module'

/** The parts of kafkajs 2.2.4's `RequestQueue` that are mended. */
export interface RequestQueue {
  readonly pending: readonly unknown[]
  readonly throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  checkPendingRequests(): void
  scheduleCheckPendingRequests(): void
}

const recheckDelayMsMin = 10

/**
 * kafkajs 2.2.4 arms a timer after each response even when nothing waits to be sent; its delay is then `throttledUntil - now`, a
 * huge negative number that Node turns into 1 ms (and, from Node 24 on, prints a TimeoutNegativeWarning). The callback arms the
 * next one: about 1,000 wakes a second per connection, for good (`src/network/requestQueue/index.js`, scheduleCheckPendingRequests).
 */
function scheduleCheckPendingRequests(this: RequestQueue): void {
  if (this.pending.length === 0 || this.throttleCheckTimeoutId) return
  const delayMs = Math.max(this.throttledUntil - Date.now(), recheckDelayMsMin)
  this.throttleCheckTimeoutId = setTimeout(() => {
    this.throttleCheckTimeoutId = null
    this.checkPendingRequests()
  }, delayMs)
}

/** Mends the prototype that all connections of this process share. Harmless when repeated. @throws Error when kafkajs has changed. */
export const mendRequestQueue = (): void => {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as { prototype: RequestQueue }
  if (typeof prototype.scheduleCheckPendingRequests !== 'function') {
    throw new Error(
      'kafkajs has changed: its RequestQueue has no scheduleCheckPendingRequests to mend; see mends/request-queue.ts',
    )
  }
  prototype.scheduleCheckPendingRequests = scheduleCheckPendingRequests
}

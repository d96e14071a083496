import { createRequire } from 'node:module'
import { asKnown } from './as-known.ts'

interface SocketRequest {
  readonly requestTimeout: number
  send(): void
  timeoutRequest(): void
}

/** The parts of kafkajs 2.2.4's `RequestQueue` that are mended. */
export interface RequestQueue {
  readonly pending: readonly unknown[]
  readonly inflight: ReadonlyMap<number, SocketRequest>
  readonly maxInFlightRequests: number | null
  readonly enforceRequestTimeout: boolean
  readonly requestTimeout: number
  throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  requestTimeoutIntervalId: NodeJS.Timeout | null
  isConnected(): boolean
  destroy(): void
  maybeThrottle(throttleMs: number | null): void
  canSendSocketRequestImmediately(): boolean
  checkPendingRequests(): void
  scheduleCheckPendingRequests(): void
  scheduleRequestTimeoutCheck(): void
}

const recheckDelayMsMin = 10
const timeoutCheckIntervalMsMax = 100
const mend = 'request-queue.ts'

/** By `performance.now()`. */
const sentAt = new WeakMap<SocketRequest, number>()

/**
 * kafkajs 2.2.4 arms a timer after each response even when nothing waits to be sent; its delay is then `throttledUntil - now`, a
 * huge negative number that Node turns into 1 ms (and, from Node 24 on, prints a TimeoutNegativeWarning). The callback arms the
 * next one: about 1,000 wakes a second per connection, for good (`src/network/requestQueue/index.js`, scheduleCheckPendingRequests).
 */
function scheduleCheckPendingRequests(this: RequestQueue): void {
  if (this.pending.length === 0 || this.throttleCheckTimeoutId) return
  const delayMs = Math.max(this.throttledUntil - performance.now(), recheckDelayMsMin)
  this.throttleCheckTimeoutId = setTimeout(() => {
    this.throttleCheckTimeoutId = null
    this.checkPendingRequests()
  }, delayMs)
}

function maybeThrottle(this: RequestQueue, throttleMs: number | null): void {
  if (throttleMs !== null && throttleMs > 0) this.throttledUntil = Math.max(performance.now() + throttleMs, this.throttledUntil)
}

function canSendSocketRequestImmediately(this: RequestQueue): boolean {
  const isFull = this.maxInFlightRequests != null && this.inflight.size >= this.maxInFlightRequests
  return !isFull && this.throttledUntil <= performance.now()
}

function scheduleRequestTimeoutCheck(this: RequestQueue): void {
  if (!this.enforceRequestTimeout) return
  this.destroy()
  const check = () => {
    const now = performance.now()
    for (const request of this.inflight.values()) {
      if (now - (sentAt.get(request) ?? now) > request.requestTimeout) request.timeoutRequest()
    }
    if (!this.isConnected()) this.destroy()
  }
  this.requestTimeoutIntervalId = setInterval(check, Math.min(this.requestTimeout, timeoutCheckIntervalMsMax))
}

let mended = false

/**
 * Mends the prototypes that all connections of this process share: see `scheduleCheckPendingRequests`; and the timeouts and the throttle of
 * requests, which kafkajs measures by the wall clock: set forward it times all of them out, set back none for as long as that was.
 * Harmless when repeated. @throws Error when kafkajs has changed.
 */
export const mendRequestQueue = (): void => {
  if (mended) return
  const require = createRequire(import.meta.url)
  const { prototype: queue } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue }
  const { prototype: request } = require('kafkajs/src/network/requestQueue/socketRequest') as { prototype: SocketRequest }
  asKnown(queue.scheduleCheckPendingRequests, 'let scheduleAt = this.throttledUntil - Date.now()', mend)
  asKnown(queue.maybeThrottle, 'Date.now() + clientSideThrottleTime', mend)
  asKnown(queue.canSendSocketRequestImmediately, 'this.throttledUntil > Date.now()', mend)
  asKnown(queue.scheduleRequestTimeoutCheck, 'Date.now() - request.sentAt > request.requestTimeout', mend)
  const send = asKnown(request.send, 'this.sentAt = Date.now()', mend)
  request.send = function () {
    sentAt.set(this, performance.now())
    send.call(this)
  }
  Object.assign(queue, {
    scheduleCheckPendingRequests,
    maybeThrottle,
    canSendSocketRequestImmediately,
    scheduleRequestTimeoutCheck,
  })
  mended = true
}

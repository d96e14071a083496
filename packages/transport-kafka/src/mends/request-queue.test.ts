import { createRequire } from 'node:module'
import { expect, it, vi } from 'vitest'
import { mendRequestQueue, type RequestQueue } from './request-queue.ts'

const KafkajsQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as new (
  options: object,
) => RequestQueue & { push(request: object): void; fulfillRequest(response: object): void; maybeThrottle(ms: number): void }

const logger = { debug: () => {}, warn: () => {} }
const newQueue = (maxInFlightRequests: number | null = null) =>
  new KafkajsQueue({
    maxInFlightRequests,
    requestTimeout: 1_000,
    enforceRequestTimeout: false,
    clientId: 'c',
    broker: 'b',
    logger,
  })

const request = (correlationId: number, sent: number[]) => ({
  entry: { correlationId, apiName: 'Test', resolve: () => {}, reject: () => {} },
  expectResponse: true,
  sendRequest: () => sent.push(correlationId),
})

it('arms no timer on a connection that has nothing to send', () => {
  mendRequestQueue()
  vi.useFakeTimers()
  try {
    const queue = newQueue()
    const sent: number[] = []
    queue.push(request(1, sent))
    queue.fulfillRequest({ correlationId: 1, size: 0, payload: null })
    expect(sent).toEqual([1])
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})

it('still sends what waits: after the throttle, and after the request in front', () => {
  mendRequestQueue()
  vi.useFakeTimers()
  try {
    const sent: number[] = []
    const throttled = newQueue()
    throttled.maybeThrottle(500)
    throttled.push(request(1, sent))
    vi.advanceTimersByTime(499)
    expect(sent).toEqual([])
    vi.advanceTimersByTime(20)
    expect(sent).toEqual([1])
    throttled.fulfillRequest({ correlationId: 1, size: 0, payload: null })

    const narrow = newQueue(1)
    narrow.push(request(2, sent))
    narrow.push(request(3, sent))
    expect(sent).toEqual([1, 2])
    narrow.fulfillRequest({ correlationId: 2, size: 0, payload: null })
    narrow.fulfillRequest({ correlationId: 3, size: 0, payload: null })
    expect(sent).toEqual([1, 2, 3])
    vi.advanceTimersByTime(20) // the recheck that was armed while a request waited; it arms no other
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})

import { createRequire } from 'node:module'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { asKnown } from './as-known.ts'
import { type BrokerPool, type ConsumerGroup, mendClocks } from './clocks.ts'
import { mendRequestQueue, type RequestQueue } from './request-queue.ts'

const require = createRequire(import.meta.url)
const quiet: object = new Proxy({}, { get: (_, name) => (name === 'namespace' ? () => quiet : () => {}) })
const tenMinutesMs = 600_000

beforeEach(() => {
  mendClocks()
  mendRequestQueue()
  vi.useFakeTimers()
})
afterEach(() => void vi.useRealTimers())

const stepClock = (ms: number) => vi.setSystemTime(Date.now() + ms)

it.each([-tenMinutesMs, tenMinutesMs])('sends a heartbeat when one is due, the wall clock being set by %i ms', async (ms) => {
  const Group = require('kafkajs/src/consumer/consumerGroup') as new (options: object) => ConsumerGroup
  const sent: unknown[] = []
  const group = new Group({ retry: {}, logger: quiet, topics: [], instrumentationEmitter: { emit: () => {} } })
  Object.assign(group, { memberId: 'm', coordinator: { heartbeat: async (beat: unknown) => void sent.push(beat) } })
  vi.advanceTimersByTime(1_000)
  await group.heartbeat({ interval: 1_000 })
  expect(sent).toHaveLength(1)
  stepClock(ms)
  vi.advanceTimersByTime(900)
  await group.heartbeat({ interval: 1_000 })
  expect(sent).toHaveLength(1)
  vi.advanceTimersByTime(100)
  await Promise.all([group.heartbeat({ interval: 1_000 }), group.heartbeat({ interval: 1_000 })])
  expect(sent).toHaveLength(2)
})

it('tries a heartbeat again that was not answered', async () => {
  const Group = require('kafkajs/src/consumer/consumerGroup') as new (options: object) => ConsumerGroup
  const group = new Group({ retry: {}, logger: quiet, topics: [], instrumentationEmitter: { emit: () => {} } })
  const beat = vi.fn().mockRejectedValueOnce(new Error('away')).mockResolvedValue(undefined)
  Object.assign(group, { memberId: 'm', coordinator: { heartbeat: beat } })
  vi.advanceTimersByTime(1_000)
  await expect(group.heartbeat({ interval: 1_000 })).rejects.toThrow('away')
  await group.heartbeat({ interval: 1_000 })
  expect(beat).toHaveBeenCalledTimes(2)
})

const newPool = (metadata: () => Promise<object>) => {
  const Pool = require('kafkajs/src/cluster/brokerPool') as new (options: object) => BrokerPool
  const connectionPool = { host: 'h', port: 1, rack: null }
  const broker = { connectionPool, isConnected: () => true, metadata: vi.fn(metadata), disconnect: async () => {} }
  const pool = new Pool({
    connectionPoolBuilder: { build: async () => broker.connectionPool },
    logger: quiet,
    metadataMaxAge: 8_000,
    retry: { retries: 0 },
  })
  Object.assign(pool, { seedBroker: broker, brokers: { 1: broker }, versions: {}, findConnectedBroker: async () => broker })
  return { pool, asked: broker.metadata }
}
const known = { brokers: [{ nodeId: 1, host: 'h', port: 1, rack: null }], topicMetadata: [{ topic: 't' }] }

it.each([-tenMinutesMs, 0, tenMinutesMs])('renews metadata after their age, the wall clock being set by %i ms', async (ms) => {
  const { pool, asked } = newPool(async () => known)
  await pool.refreshMetadataIfNecessary(['t'])
  expect(asked).toHaveBeenCalledTimes(1)
  stepClock(ms)
  await vi.advanceTimersByTimeAsync(7_000)
  await pool.refreshMetadataIfNecessary(['t'])
  expect(asked).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(2_000)
  for (let n = 0; n < 5; n++) await pool.refreshMetadataIfNecessary(['t'])
  await vi.advanceTimersByTimeAsync(0)
  expect(asked).toHaveBeenCalledTimes(2)
})

it('goes on with what it knows when old metadata cannot be renewed, and asks at once for a topic that it does not know', async () => {
  let answer = async (): Promise<object> => known
  const { pool, asked } = newPool(() => answer())
  await pool.refreshMetadataIfNecessary(['t'])
  answer = async () => {
    throw Object.assign(new Error('no leader'), { retriable: false })
  }
  await vi.advanceTimersByTimeAsync(60_000)
  await pool.refreshMetadataIfNecessary(['t'])
  await pool.refreshMetadataIfNecessary(['t'])
  expect(asked).toHaveBeenCalledTimes(2)
  await expect(pool.refreshMetadataIfNecessary(['t', 'other'])).rejects.toThrow('no leader')
})

const newQueue = () => {
  const Queue = require('kafkajs/src/network/requestQueue') as new (
    options: object,
  ) => RequestQueue & { push(request: object): void; maybeThrottle(ms: number): void }
  const queue = new Queue({
    maxInFlightRequests: null,
    requestTimeout: 1_000,
    enforceRequestTimeout: true,
    clientId: 'c',
    broker: 'b',
    logger: quiet,
    isConnected: () => true,
  })
  const rejected: unknown[] = []
  const sent: number[] = []
  const push = (correlationId: number) =>
    queue.push({
      entry: { correlationId, apiName: 'Test', resolve: () => {}, reject: (error: unknown) => rejected.push(error) },
      expectResponse: true,
      sendRequest: () => sent.push(correlationId),
    })
  return { queue, push, rejected, sent }
}

it.each([-tenMinutesMs, tenMinutesMs])('times a request out after its time, the wall clock being set by %i ms', (ms) => {
  const { queue, push, rejected } = newQueue()
  queue.scheduleRequestTimeoutCheck()
  push(1)
  stepClock(ms)
  vi.advanceTimersByTime(900)
  expect(rejected).toHaveLength(0)
  vi.advanceTimersByTime(300)
  expect(rejected).toHaveLength(1)
  queue.destroy()
})

it('holds what is throttled for that long, the wall clock being set back', () => {
  const { queue, push, sent } = newQueue()
  queue.maybeThrottle(500)
  stepClock(-tenMinutesMs)
  push(1)
  vi.advanceTimersByTime(490)
  expect(sent).toEqual([])
  vi.advanceTimersByTime(30)
  expect(sent).toEqual([1])
  queue.destroy()
})

it('refuses a kafkajs that is another one', () => {
  expect(() => asKnown(() => performance.now(), 'Date.now()', 'clocks.ts')).toThrow(/kafkajs has changed.*mends\/clocks.ts/)
})
